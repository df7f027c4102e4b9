"""The scope of a breach: exactly what was touched, and nothing of what others did. Source: C21, C22."""

import io
import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ops import clock
from ops.breach import scope
from ops.breach.scope import Scope
from ops.breach.searching import Wanted
from ops.logs import journal
from tests.ops.breach.conftest import ATTACKER, Breach, entries_of_attack

ENTRIES = {"rights.changed", "tokens.paid", "permanent_token.created"}
READ = {
    ("GET", "/family/my-families"),
    ("GET", "/family/<str:family_id>/members"),
    ("PUT", "/family/<str:family_id>/sbd-account/permissions"),
    ("POST", "/sbd_tokens/send"),
    ("POST", "/auth/permanent-tokens"),
}
BY_TOKEN = ("GET", "/family/<str:family_id>/sbd-account")


def found(breach: Breach, wanted: Wanted, *, follow: bool = False) -> Scope:
    lines = journal.of_file(breach.lines.splitlines(), breach.since)
    return scope.find(wanted, list(lines), follow=follow)


@pytest.fixture
def file(breach: Breach, tmp_path: Path) -> Path:
    path = tmp_path / "lines"
    path.write_text(breach.lines)
    return path


def read(found: Scope) -> set[tuple[str, str]]:
    return {(each.method, each.route) for each in found.reads or ()}


def run(*words: str) -> str:
    said = io.StringIO()
    call_command("breach_scope", *words, stdout=said, stderr=said)
    return said.getvalue()


@pytest.mark.parametrize("by", ["session", "address", "network", "actor and address"])
def test_exactly_what_the_attacker_did_is_named(breach: Breach, by: str) -> None:
    one, net = ip_network(ATTACKER), ip_network("203.0.113.0/24")
    wanted = {
        "session": Wanted(breach.since, session=breach.session),
        "address": Wanted(breach.since, network=one),
        "network": Wanted(breach.since, network=net),
        "actor and address": Wanted(breach.since, actor=breach.victim.id, network=one),
    }[by]

    touched = found(breach, wanted)

    assert set(touched.actions) == ENTRIES
    assert set(touched.entries) == {each["_id"] for each in entries_of_attack()}
    assert (touched.families, touched.persons) == ({breach.family}, {breach.victim.id, breach.child.id})
    assert {name: ids for name, ids in touched.documents.items() if ids} == {
        "sbd_accounts": {breach.family},
        "sbd_transactions": {breach.transaction},
        "api_tokens": {breach.token},
    }
    assert touched.fields["sbd_accounts"] == {"role", "can_spend", "spending_limit", "period_limit"}
    assert [(each.id, each.total) for each in touched.movements] == [(breach.transaction, 70)]
    assert [(each.what, each.target) for each in touched.ways] == [
        ("rights of a holder", breach.child.id),
        ("permanent token", breach.token),
    ]
    assert set(touched.seen["addresses"]) == {ATTACKER}
    assert read(touched) == READ


def test_what_was_read_is_named_by_route_with_families_and_what_the_answer_holds(breach: Breach) -> None:
    touched = found(breach, Wanted(breach.since, session=breach.session))

    members = next(each for each in touched.reads or () if each.route.endswith("/members"))
    assert (members.number, members.families, members.users) == (1, {breach.family}, {breach.victim.id})
    assert {"email", "username", "relationships.related_username"} <= set(members.holds)
    # What has no family in its path told of all that the person is in.
    assert {who: set(families) for who, families in touched.theirs.items()} == {
        breach.victim.id: {breach.family, breach.other_family}
    }


def test_what_was_refused_was_not_read(breach: Breach) -> None:
    touched = found(breach, Wanted(breach.since, session=breach.session))

    assert ("GET", "/family/<str:family_id>") not in read(touched)
    assert touched.families == {breach.family}


def test_the_token_that_was_made_is_followed(breach: Breach) -> None:
    touched = found(breach, Wanted(breach.since, session=breach.session), follow=True)

    assert [each.token for each in touched.wanted] == [None, breach.token]
    assert read(touched) == READ | {BY_TOKEN}
    assert read(found(breach, Wanted(breach.since, token=breach.token))) == {BY_TOKEN}


def test_a_request_is_found_by_its_id(breach: Breach) -> None:
    (paid,) = [each for each in entries_of_attack() if each["action"] == "tokens.paid"]

    touched = found(breach, Wanted(breach.since, request_id=str(paid["request_id"])))

    assert set(touched.entries) == {paid["_id"]}
    assert read(touched) == {("POST", "/sbd_tokens/send")}


def test_nothing_is_found_of_before_and_after(breach: Breach) -> None:
    after = found(breach, Wanted(clock.now(), session=breach.session))
    before = found(breach, Wanted(breach.since, until=breach.since, session=breach.session))

    assert (after.entries, after.reads, before.entries, before.reads) == ({}, [], {}, [])


def test_without_lines_the_audit_log_alone_tells(breach: Breach) -> None:
    touched = scope.find(Wanted(breach.since, session=breach.session), None)

    assert (set(touched.actions), touched.reads) == (ENTRIES, None)


def test_the_command_tells_people_and_machines(breach: Breach, file: Path) -> None:
    words = (
        *("--since", breach.since.isoformat(), "--session", breach.session),
        *("--file", str(file), "--follow"),
    )

    text, told = run(*words), json.loads(run(*words, "--json"))

    assert "70 tokens moved: 1" in text
    assert f"permanent token: {breach.token}" in text
    assert f"GET /family/<str:family_id>/members 1 times of {breach.family}: email," in text
    assert (told["families"], told["moved"]) == ([breach.family], 70)
    assert {(each["method"], each["route"]) for each in told["reads"]} == READ | {BY_TOKEN}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "2026-11-26"), "Say whose acts"),
        (("--since", "2026-11-26", "--address", "here"), "an address as 192.0.2.7"),
        (("--since", "soon", "--actor", "user_1"), "a moment as"),
        (("--since", "2026-11-26", "--actor", "user_1", "--file", "/nowhere"), "cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*words)


def test_threats_tell_who_is_in_and_who_made_a_way_in(breach: Breach, file: Path) -> None:
    words = ("--threats", "--since", breach.since.isoformat(), "--file", str(file))

    told: dict[str, Any] = json.loads(run(*words, "--json"))
    text = run(*words)

    assert [(each["what"], each["target"]) for each in told["ways"]] == [
        ("rights of a holder", breach.child.id),
        ("permanent token", breach.token),
    ]
    assert (told["refused"], told["failures"]) == (0, [])
    assert told["requests"] == breach.lines.count('"event":"request"')
    assert "sessions in force: 1" in text
