"""``manage.py sessions``: where somebody is signed in, and an end of it. Runbook R069."""

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from family_site.identity import queries
from family_site.identity.actions import ending
from family_site.identity.roles import Role
from ops.redis import store
from tests.api import Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_permanent_token, new_person, new_staff
from tests.visitor import Visitor
from tests.waiting import until

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
WHY = "Lost device"
MEMBERS = ["session_id", "kind", "device", "address", "created_at", "last_seen_at", "expires_at"]
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d"


def said(*words: str, **options: Any) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("sessions", *words, stdout=out, **options)
    return out.getvalue()


def sign_in(person: Person) -> str:
    body = {"username": person.username, "password": PASSWORD}
    return str(Api(user_agent=FIREFOX).post("/auth/login", body).json["session_id"])


def test_the_sessions_in_force_are_listed_newest_first(person: Person) -> None:
    other = sign_in(person)
    new_person()
    store().flushall()  # the truth is the collection

    lines = said("list", "--user", person.username).splitlines()

    times = rf"opened {TIME}, seen {TIME}, ends {TIME} UTC"
    assert re.fullmatch(rf"{other}  api      Firefox on Linux, 127\.0\.0\.1  {times}", lines[0])
    assert re.fullmatch(rf"{person.session_id}  api      .+, no address  {times}", lines[1])
    assert len(lines) == 2


def test_a_program_reads_the_same(person: Person) -> None:
    other = sign_in(person)

    told = json.loads(said("list", "--json", "--user", person.email))

    assert [each["session_id"] for each in told] == [other, person.session_id]
    assert [list(each) for each in told] == [MEMBERS, MEMBERS]
    assert [told[0][name] for name in MEMBERS[1:4]] == ["api", "Firefox on Linux", "127.0.0.1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", told[0]["created_at"])


def test_all_sessions_end_at_once_and_with_one_entry(person: Person, stranger: Person) -> None:
    assert Visitor(person).is_signed_in
    other, entries = sign_in(person), len(audit())

    told = said("end", "--user", person.username, reason=WHY)

    assert told == f"{person.username}: 3 sessions have ended.\n"
    assert Api(person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert Api(stranger).get("/auth/me").status == 200
    (entry,) = audit()[entries:]
    assert (entry["action"], entry["target"], entry["private"]["reason"]) == (
        "session.revoked",
        person.id,
        WHY,
    )
    assert {person.session_id, other} < set(entry["after"]["sessions"])
    assert said("list", "--user", person.username) == f"{person.username} is signed in nowhere.\n"
    assert said("list", "--json", "--user", person.username) == "[]\n"


def test_nothing_to_end_leaves_no_entry(person: Person) -> None:
    said("end", "--user", person.username, reason=WHY)
    before = documents("sessions", "audit_log")

    again = said("end", "--user", person.username, reason=WHY)

    assert again == f"{person.username}: 0 sessions have ended.\n"
    assert documents("sessions", "audit_log") == before


@pytest.mark.parametrize("way", [["list"], ["end", "--reason", WHY]])
def test_nobody_has_no_sessions(way: list[str]) -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        said(*way, "--user", "nobody")


def test_an_end_needs_a_reason(person: Person) -> None:
    for words in (["end"], ["end", "--reason", "why"]):
        with pytest.raises(CommandError):
            said(*words, "--user", person.username)

    assert Api(person).get("/auth/me").status == 200


@pytest.mark.long
@pytest.mark.parametrize("way", [["list"], ["end", "--reason", WHY]])
def test_without_mongodb_it_says_so_in_one_line(way: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(MANAGE), "sessions", *way, "--user", "ada"],
        env=os.environ | {"MONGODB_URI": "mongodb://u:open-sesame@127.0.0.1:1/?replicaSet=sbd"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "CommandError: MongoDB cannot be reached; nothing was changed.\n"


def test_all_sessions_of_everybody_end_and_permanent_tokens_with_them(
    person: Person, stranger: Person
) -> None:
    tokens = [new_permanent_token(each) for each in (person, stranger)]
    clients = [*map(Api, (person, stranger)), *map(Api, tokens)]
    visitor = Visitor(person)
    assert [each.get("/auth/me").status for each in clients] == [200] * 4
    entries = len(audit())

    told = said("end", "--all", "--tokens", reason=WHY)

    assert told == "Everybody: 3 sessions have ended, 2 permanent tokens have ended.\n"
    assert {each.get("/auth/me").problem for each in clients} == {(401, "INVALID_TOKEN")}
    assert not visitor.is_signed_in
    assert sorted((each["action"], each["target"]) for each in audit()[entries:]) == [
        ("permanent_token.revoked", "everybody"),
        ("session.revoked", "everybody"),
    ]
    assert said("end", "--all", "--tokens", reason=WHY) == (
        "Everybody: 0 sessions have ended, 0 permanent tokens have ended.\n"
    )
    assert sign_in(person)


def test_the_tokens_of_one_user_are_revoked_with_their_sessions(person: Person, stranger: Person) -> None:
    mine, theirs = new_permanent_token(person), new_permanent_token(stranger)

    told = said("end", "--tokens", "--user", person.username, reason=WHY)

    assert told == f"{person.username}: 1 session has ended, 1 permanent token has ended.\n"
    assert Api(mine).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert (Api(theirs).get("/auth/me").status, Api(stranger).get("/auth/me").status) == (200, 200)


def test_many_end_batch_by_batch_and_nothing_remembered_counts(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "BATCH", 2)
    for _ in range(4):
        sign_in(person)
    epoch = queries.session_epoch()

    assert said("end", "--all", reason=WHY) == "Everybody: 5 sessions have ended.\n"

    assert until(lambda: queries.session_epoch() not in {epoch, None})
    numbers = [len(each["after"]["sessions"]) for each in audit("session.revoked")]
    assert sorted(numbers) == [1, 2, 2]


def test_in_the_console_who_acts_stays_signed_in(person: Person) -> None:
    console = Console(new_staff(Role.OPERATOR))
    form = {"reason": "Somebody is in", "tokens": "yes"}

    done = console.post("/admin/runbook/fix/end_all_sessions/", form)

    assert "left" not in done.text
    assert "sessions ended: 2" in done.text  # the person's, and the one of staff by the API
    assert Api(person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert console.get("/admin/runbook/").status == 200


def test_neither_user_nor_all_ends_nothing(person: Person) -> None:
    with pytest.raises(CommandError):
        said("end", "--reason", WHY)

    assert Api(person).get("/auth/me").status == 200
