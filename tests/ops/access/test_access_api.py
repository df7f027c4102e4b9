"""``/admin/blocklist`` and ``/admin/allowlist``. Source: HTTP contract, section 14."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from family_site.identity.actions import disabling
from family_site.identity.roles import Role
from ops import clock
from ops.access import changing, in_force
from ops.access.changing import Wanted
from ops.guarding import RuleKind
from tests.api import Answer, Api
from tests.database import audit, public_part
from tests.factories import Person, new_person, new_staff
from tests.ops.access.blocking import HERE, NETWORK, TESTS, WHY, allow, block, known, stored
from tests.waiting import until

BLOCKLIST, ALLOWLIST = "/admin/blocklist", "/admin/allowlist"
OWN = {("value", "not_allowed")}


def rule(kind: str = "address", value: Any = HERE, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "value": value, "reason": WHY, **more}


def gone(door: Api, path: str = BLOCKLIST, **query: str) -> Answer:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return door.send("DELETE", f"{path}?{asked}")


def changes() -> list[dict[str, Any]]:
    return [each for each in audit() if each["action"].startswith("access.")]


# Made ------------------------------------------------------------------------------------------------


def test_a_rule_is_made_and_told_and_holds_at_once(door: Api, operator: Person) -> None:
    end = (clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    answer = door.post(BLOCKLIST, rule("network", "203.0.113.77/24", until=end))

    assert answer.status == 201, answer.text
    made = answer.json
    assert made["rule_id"].startswith("acr_")
    assert {name: made[name] for name in ("list", "kind", "value", "reason", "by", "in_force")} == {
        "list": "block",
        "kind": "network",
        "value": NETWORK,
        "reason": WHY,
        "by": operator.id,
        "in_force": True,
    }
    assert made["until"][:23] == end[:23]
    assert until(lambda: Api(operator, address=HERE).get("/auth/me").status == 403)
    page = door.get(BLOCKLIST).json["results"]
    assert page == [made]
    assert door.get(ALLOWLIST).json["results"] == []


def test_a_change_is_audited_once_without_what_is_personal(
    door: Api, operator: Person, person: Person
) -> None:
    door.post(BLOCKLIST, rule())
    door.post(BLOCKLIST, rule("email", person.email))
    door.post(ALLOWLIST, rule("user", person.username))
    gone(door, kind="address", value=HERE, reason="it was a customer")

    first, second, third, fourth = changes()

    assert [each["action"] for each in changes()] == [
        *("access.blocked", "access.blocked", "access.allowed", "access.removed")
    ]
    assert {each["actor"] for each in changes()} == {operator.id}
    assert [each["private"]["reason"] for each in changes()] == [WHY, WHY, WHY, "it was a customer"]
    assert first["private"]["after"] == fourth["private"]["before"] == {"value": HERE}
    assert first["target"] == fourth["target"]
    assert third["after"]["user_id"] == person.id
    assert not any(
        word in public_part(each) for each in (first, second, fourth) for word in (HERE, person.email)
    )


def test_the_same_again_changes_nothing_and_another_end_or_reason_does(door: Api) -> None:
    first = door.post(BLOCKLIST, rule()).json

    assert door.post(BLOCKLIST, rule()).json == first
    assert len(changes()) == 1

    second = door.post(BLOCKLIST, rule(reason="still guesses passwords")).json

    assert (second["rule_id"], second["reason"]) == (first["rule_id"], "still guesses passwords")
    assert len(stored()) == 1
    assert len(changes()) == 2


def test_a_call_repeated_with_its_key_is_answered_as_before(door: Api) -> None:
    first = door.post(BLOCKLIST, rule(), idempotency_key="block-it-1")
    again = door.post(BLOCKLIST, rule(), idempotency_key="block-it-1")

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_rule_that_has_ended_is_told_as_such_and_made_anew(door: Api) -> None:
    now = clock.now()
    ended = Wanted(RuleKind.ADDRESS, HERE, now, WHY)
    changing.block(ended, actor=TESTS, now=now - timedelta(hours=1))
    (over,) = door.get(BLOCKLIST).json["results"]
    assert over["in_force"] is False

    made = door.post(BLOCKLIST, rule()).json

    assert (made["rule_id"], made["until"], made["in_force"]) == (over["rule_id"], None, True)


def test_rules_are_told_page_by_page_newest_first_and_by_kind(door: Api, person: Person) -> None:
    for each in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        door.post(BLOCKLIST, rule(value=each))
    door.post(BLOCKLIST, rule("user", person.id))

    page = door.get(f"{BLOCKLIST}?kind=address&limit=2").json
    rest = door.get(page["next"].removeprefix(settings.PUBLIC_URL)).json

    assert [each["value"] for each in page["results"]] == ["203.0.113.3", "203.0.113.2"]
    assert [each["value"] for each in rest["results"]] == ["203.0.113.1"]
    assert [each["value"] for each in door.get(f"{BLOCKLIST}?limit=1").json["results"]] == [person.id]


# Taken back ------------------------------------------------------------------------------------------


def test_a_rule_is_taken_back_by_kind_and_value_however_they_are_written(door: Api, person: Person) -> None:
    block("address", HERE)
    allow("user", person.id)

    assert gone(door, kind="address", value=f"::ffff:{HERE}").json["status"] == "success"
    assert gone(door, ALLOWLIST, kind="user", value=person.username).status == 200
    assert stored() == []
    assert until(lambda: in_force.current().every == ())


def test_a_rule_that_is_not_there_is_not_found(door: Api) -> None:
    block("address", HERE)

    assert gone(door, ALLOWLIST, kind="address", value=HERE).problem == (404, "NOT_FOUND")
    assert gone(door, kind="address", value="203.0.113.9").problem == (404, "NOT_FOUND")
    assert len(changes()) == 1


def test_nobody_takes_away_what_lets_themselves_in(operator: Person) -> None:
    block("network", NETWORK)
    allow("address", HERE)

    refused = gone(Api(operator, address=HERE), ALLOWLIST, kind="address", value=HERE)

    assert refused.faults == OWN
    assert gone(Api(operator), ALLOWLIST, kind="address", value=HERE).status == 200


# Refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("kind", "required"), ("value", "required"), ("reason", "required")}),
        (rule("planet", "earth"), {("kind", "invalid_choice")}),
        (rule(value="here"), {("value", "invalid_format")}),
        (rule(value=7), {("value", "invalid_type")}),
        (rule("network", "0.0.0.0/0"), {("value", "too_large")}),
        (rule("email", "nobody"), {("value", "invalid_format")}),
        (rule("user", "nobody"), {("value", "invalid_choice")}),
        (rule(reason="no"), {("reason", "too_short")}),
        (rule(until="tomorrow"), {("until", "invalid_format")}),
        (rule(until="2026-01-01T00:00:00Z"), {("until", "too_small")}),
        (rule(note="x"), {("note", "unknown_field")}),
    ],
)
def test_what_is_none_is_refused_in_the_one_shape(door: Api, body: Any, faults: set[tuple[str, str]]) -> None:
    for path in (BLOCKLIST, ALLOWLIST):
        assert door.post(path, body).faults == faults, path

    assert stored() == []


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ({}, {("query.kind", "required"), ("query.value", "required")}),
        ({"kind": "planet", "value": HERE}, {("query.kind", "invalid_choice")}),
        ({"kind": "address", "value": "here"}, {("value", "invalid_format")}),
        ({"kind": "address", "value": HERE, "reason": "no"}, {("query.reason", "too_short")}),
        ({"kind": "address", "value": HERE, "reason": "x" * 501}, {("query.reason", "too_long")}),
        ({"kind": "address", "value": HERE, "reason": "why%00why"}, {("query.reason", "invalid_format")}),
    ],
)
def test_what_names_no_rule_is_refused(
    door: Api, query: dict[str, str], faults: set[tuple[str, str]]
) -> None:
    block("address", HERE)

    assert gone(door, **query).faults == faults
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [("address", HERE), ("address", f"::ffff:{HERE}"), ("network", NETWORK), ("network", f"{HERE}/32")],
)
def test_nobody_blocks_where_they_are_themselves(operator: Person, kind: str, value: str) -> None:
    allow("address", HERE)

    assert Api(operator, address=HERE).post(BLOCKLIST, rule(kind, value)).faults == OWN
    assert [each["list"] for each in stored()] == ["allow"]


@pytest.mark.parametrize("kind", ["user", "email"])
def test_nobody_blocks_themselves(door: Api, operator: Person, kind: str) -> None:
    new_person(is_staff=True)
    value = operator.email if kind == "email" else operator.username

    assert door.post(BLOCKLIST, rule(kind, value)).faults == OWN
    assert stored() == []


def test_only_superusers_keep_out_staff_or_let_them_in(door: Api) -> None:
    clerk, boss = new_staff(Role.SUPPORT), new_person(is_staff=True)

    for path in (BLOCKLIST, ALLOWLIST):
        for body in (rule("user", clerk.id), rule("email", clerk.email)):
            refused = door.post(path, body)
            assert refused.problem == (403, "INSUFFICIENT_PERMISSIONS")
            assert refused.json["details"] == {"required": "superuser"}
    assert stored() == []
    assert Api(boss).post(BLOCKLIST, rule("user", clerk.id)).status == 201
    assert gone(door, kind="user", value=clerk.id).problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert gone(Api(boss), kind="user", value=clerk.id).status == 200


@pytest.mark.parametrize("kind", ["user", "email"])
def test_the_last_of_the_staff_who_could_take_it_back_stays(kind: str) -> None:
    first, second, off = new_person(is_staff=True), new_staff(Role.OPERATOR), new_person(is_staff=True)
    new_staff(Role.SUPPORT)
    disabling.disable(off.id, actor=TESTS, now=clock.now(), reason=WHY)
    block("email", first.email)

    with pytest.raises(Exception, match="not as it must be"):
        block(kind, second.email if kind == "email" else second.id)

    assert [each["value"] for each in stored()] == [first.email]
    assert known()
