"""PUT /family/limits. Source: HTTP contract, sections 1.3 (ETag), 7 and 18 (rules 7, 13, 17)."""

from typing import Any

import pytest

from families.actions import inviting
from families.errors import MemberLimitExceededError
from families.rules import RelationshipType
from family_site.identity.roles import Role
from ops import clock
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import Person, new_family, new_member, new_person, new_staff

PATH = "/family/limits"
WHY = "Asked for by mail"
DEFAULTS = {"max_families_allowed": 3, "max_memberships_allowed": 10, "max_members_per_family": 5}
ANSWER = {
    *("user_id", "previous_limits", "new_limits", "effective_date", "grace_period_expires", "updated_by"),
    *("updated_at", "audit_log_id"),
}


@pytest.fixture
def staff() -> Person:
    return new_staff(Role.SUPPORT)


def body(person: Person, **sent: Any) -> dict[str, Any]:
    return {"user_id": person.id, "reason": WHY} | sent


def one(name: str, found_by: str) -> dict[str, Any]:
    (found,) = [each for each in documents(name)[name] if each["_id"] == found_by]
    return found


def test_the_answer_tells_what_held_and_what_will(staff: Person, person: Person) -> None:
    answer = Api(staff).put(PATH, body(person, max_families_allowed=7))

    assert answer.status == 200
    assert answer.json.keys() == ANSWER
    assert answer.json["previous_limits"] == DEFAULTS
    assert answer.json["new_limits"] == DEFAULTS | {"max_families_allowed": 7}
    assert answer.json["effective_date"] == answer.json["updated_at"][:10]
    assert answer.json["grace_period_expires"] is None
    assert (answer.json["user_id"], answer.json["updated_by"]) == (person.id, staff.id)
    read = Api(person).get(PATH)
    assert read.json["max_families_allowed"] == 7
    assert answer.headers["ETag"] == read.headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_one_entry_of_the_audit_log_says_who_why_and_what(staff: Person, person: Person) -> None:
    new_family(person)

    answer = Api(staff).put(PATH, body(person, max_families_allowed=7, max_members_per_family=9))

    (entry,) = audit("limits.changed")
    assert entry["_id"] == answer.json["audit_log_id"]
    assert (entry["actor"], entry["target"], entry["family_id"]) == (staff.id, person.id, None)
    assert entry["before"] == {"max_families_founded": 3, "max_members": 5}
    times = dict.fromkeys(("effective_at", "ends_at"), entry["at"])
    assert entry["after"] == {"max_families_founded": 7, "max_members": 9} | times
    assert entry["private"]["reason"] == WHY
    assert WHY not in public_part(entry)


def test_who_never_founded_nor_joined_gets_limits_that_hold_for_the_first_family(
    staff: Person, person: Person
) -> None:
    set_to = Api(staff).put(PATH, body(person, max_families_allowed=1, max_members_per_family=2))

    assert set_to.status == 200
    assert Api(person).post("/family/create").json["usage_stats"]["max_members_allowed"] == 2
    assert Api(person).post("/family/create").problem == (403, "FAMILY_LIMIT_EXCEEDED")


def test_the_member_limit_is_written_into_all_active_families_that_they_founded_and_no_other(
    staff: Person, person: Person, stranger: Person
) -> None:
    founded = [new_family(person), new_family(person)]
    left, joined = new_family(person), new_family(stranger)
    heir = new_member(left["_id"], person)
    new_member(joined["_id"], stranger, person)
    assert (
        Api(person).post(f"/family/{left['_id']}/members/{heir.id}/admin", {"action": "promote"}).status
        == 200
    )
    assert Api(person).post(f"/family/{left['_id']}/leave").status == 200
    versions = {each["_id"]: each["version"] for each in documents("families")["families"]}

    assert Api(staff).put(PATH, body(person, max_members_per_family=9)).status == 200

    stored = {each["_id"]: each for each in documents("families")["families"]}
    theirs = {each["_id"] for each in (*founded, left)}
    assert {each["_id"] for each in stored.values() if each["limits"] == {"max_members": 9}} == theirs
    changed = {each for each in stored if stored[each]["version"] != versions[each]}
    assert changed == theirs
    assert {stored[each]["version"] - versions[each] for each in changed} == {1}


def test_a_family_founded_later_gets_the_limit_that_is_still_to_come_as_well(
    staff: Person, person: Person
) -> None:
    Api(staff).put(PATH, body(person, max_members_per_family=2, grace_period_days=30))

    family = new_family(person)

    stored = one("families", family["_id"])["limits"]
    assert stored == {"grace": one("family_people", person.id)["grace"]}
    assert stored["grace"]["max_members"]["limit"] == 2


def test_lowering_below_what_is_there_removes_nobody_and_stops_additions(
    staff: Person, person: Person, larks: Document
) -> None:
    for _ in range(3):
        new_member(larks["_id"], person)
    before = one("families", larks["_id"])["members"]

    assert Api(staff).put(PATH, body(person, max_members_per_family=2)).status == 200

    assert one("families", larks["_id"])["members"] == before
    with pytest.raises(MemberLimitExceededError) as refusal:
        inviting.invite(
            larks["_id"],
            "wren@example.com",
            RelationshipType.COUSIN,
            by_username=False,
            actor=person.actor,
            now=clock.now(),
        )
    assert isinstance(refusal.value.details, dict)
    assert (refusal.value.details["limit"], refusal.value.details["members"]) == (2, 4)


def test_limits_that_are_not_named_stay(staff: Person, person: Person) -> None:
    Api(staff).put(PATH, body(person, max_families_allowed=7, grace_period_days=3))
    Api(staff).put(PATH, body(person, max_memberships_allowed=20))

    read = Api(person).get(PATH).json

    assert (read["max_families_allowed"], read["max_memberships_allowed"]) == (3, 20)
    expires = {each["limit_type"]: each["grace_period_expires"] for each in read["limit_status"]}
    assert [kind for kind, moment in expires.items() if moment] == ["families"]


@pytest.mark.parametrize(
    ("sent", "faults"),
    [
        ({}, {("body", "required")}),
        ({"max_families_allowed": None}, {("max_families_allowed", "null")}),
        ({"max_families_allowed": -1}, {("max_families_allowed", "too_small")}),
        ({"max_families_allowed": 101}, {("max_families_allowed", "too_large")}),
        ({"max_families_allowed": "5"}, {("max_families_allowed", "invalid_type")}),
        ({"max_memberships_allowed": 1001}, {("max_memberships_allowed", "too_large")}),
        ({"max_members_per_family": 0}, {("max_members_per_family", "too_small")}),
        ({"max_members_per_family": 501}, {("max_members_per_family", "too_large")}),
        ({"max_members_per_family": 5.0}, {("max_members_per_family", "invalid_type")}),
        ({"max_members_per_family": True}, {("max_members_per_family", "invalid_type")}),
        ({"max_families_allowed": 5, "reason": "why"}, {("reason", "too_short")}),
        ({"max_families_allowed": 5, "reason": "w" * 501}, {("reason", "too_long")}),
        ({"max_families_allowed": 5, "effective_date": "soon"}, {("effective_date", "invalid_format")}),
        ({"max_families_allowed": 5, "effective_date": "2026-02-30"}, {("effective_date", "invalid_format")}),
        ({"max_families_allowed": 5, "grace_period_days": 366}, {("grace_period_days", "too_large")}),
        ({"max_families_allowed": 5, "grace_period_days": -1}, {("grace_period_days", "too_small")}),
        ({"max_families_allowed": 5, "max_families": 5}, {("max_families", "unknown_field")}),
    ],
)
def test_what_is_not_as_it_must_be_changes_nothing(
    staff: Person, person: Person, sent: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    before = documents()

    answer = Api(staff).put(PATH, body(person) | sent)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == faults
    assert documents() == before


@pytest.mark.parametrize("missing", ["user_id", "reason"])
def test_whose_and_why_must_be_said(staff: Person, person: Person, missing: str) -> None:
    sent = body(person, max_families_allowed=5)
    del sent[missing]

    assert Api(staff).put(PATH, sent).faults == {(missing, "required")}


@pytest.mark.parametrize("role", [None, Role.OPERATOR, Role.FINANCE, Role.AUDITOR])
def test_nobody_else_sets_limits(person: Person, role: Role | None) -> None:
    caller = new_person() if role is None else new_staff(role)
    before = documents()

    for whose in (person, caller):
        answer = Api(caller).put(PATH, body(whose, max_families_allowed=5))
        assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert answer.json["details"] == {"required": "families.change_limits"}
    assert documents() == before


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.SUPERUSER])
def test_nobody_sets_their_own(role: Role) -> None:
    caller = new_staff(role)
    before = documents()

    answer = Api(caller).put(PATH, body(caller, max_families_allowed=5))

    assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert answer.json["details"] == {"required": "another member of staff"}
    assert documents() == before


def test_a_user_there_is_not_has_no_limits_to_set(staff: Person) -> None:
    before = documents()

    answer = Api(staff).put(PATH, {"user_id": new_id("user"), "reason": WHY, "max_families_allowed": 5})

    assert answer.problem == (404, "NOT_FOUND")
    assert documents() == before


def test_a_stale_version_is_refused_and_a_current_one_taken(staff: Person, person: Person) -> None:
    first = Api(staff).get(f"{PATH}?user_id={person.id}").headers["ETag"]
    second = Api(staff).put(PATH, body(person, max_families_allowed=4), if_match=first)
    assert second.status == 200
    before = documents()

    stale = Api(staff).put(PATH, body(person, max_families_allowed=5), if_match=first)

    assert stale.problem == (412, "PRECONDITION_FAILED")
    assert stale.json["details"] == {"current_etag": second.headers["ETag"]}
    assert documents() == before
    again = Api(staff).put(PATH, body(person, max_families_allowed=5), if_match=second.headers["ETag"])
    assert again.status == 200


def test_what_the_person_does_meanwhile_makes_no_version_stale(staff: Person, person: Person) -> None:
    tag = Api(staff).get(f"{PATH}?user_id={person.id}").headers["ETag"]
    new_family(person)

    assert Api(staff).get(f"{PATH}?user_id={person.id}").headers["ETag"] != tag
    assert Api(staff).put(PATH, body(person, max_families_allowed=5), if_match=tag).status == 200


@pytest.mark.parametrize("effective", ["0001-01-01", "9999-12-31"])
def test_a_day_far_away_is_a_day(staff: Person, person: Person, effective: str) -> None:
    sent = body(person, max_families_allowed=5, effective_date=effective, grace_period_days=365)

    answer = Api(staff).put(PATH, sent)

    assert (answer.status, answer.json["effective_date"]) == (200, effective)
    assert (answer.json["grace_period_expires"] is None) == (effective < "2026")


def test_an_upsert_makes_the_whole_document_of_a_person(
    staff: Person, person: Person, stranger: Person
) -> None:
    new_family(stranger)
    Api(staff).put(PATH, body(person, max_families_allowed=5))

    made = one("family_people", person.id)

    assert made.keys() == one("family_people", stranger.id).keys()
    assert collection("family_people").find_one({"_id": person.id}, {"founded": 1}) == {
        "_id": person.id,
        "founded": [],
    }
