"""POST /family/{id}/members/{user_id}/admin. Source: HTTP contract, sections 6, 12 and 18 (13, 16 to 18)."""

from typing import Any

import pytest

from ops.mongo.collections import Document
from ops.web import replays
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_family
from tests.families.household import (
    MANAGER,
    NOBODY,
    VIEWER,
    addresses,
    admin_of,
    disable,
    ids,
    joined,
    leave,
    mailed,
    manage,
    moment,
    new_entries,
    rights,
    roles,
    standing_by,
    stored,
    told,
)
from tests.mails import mails


def test_a_member_is_promoted(person: Person, larks: Document) -> None:
    other, member, bystander = admin_of(larks, person), joined(larks), joined(larks)
    before, version = audit(), stored(larks)["version"]
    told_before = told("admin_promoted")

    answer = manage(person, larks, member.id, "promote")

    family = stored(larks)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "success",
        "message": f"{member.username} was promoted.",
        "transaction_safe": True,
        "family_id": larks["_id"],
        "target_user_id": member.id,
        "target_username": member.username,
        "action": "promoted",
        "new_role": "admin",
        "performed_by": person.id,
        "performed_by_username": person.username,
        "performed_at": moment(family["updated_at"]),
    }
    assert roles(larks) == {
        person.id: "admin",
        other.id: "admin",
        member.id: "admin",
        bystander.id: "member",
    }
    assert family["admin_user_ids"] == [person.id, other.id, member.id]
    assert family["version"] == version + 1
    assert rights(larks)[member.id] == MANAGER
    # The person and the admins; by mail the person.
    assert sorted([*told_before, *ids(person, other, member)]) == told("admin_promoted")
    assert mailed("admin_promoted") == addresses(other, member)
    (entry,) = new_entries(before)
    assert (entry["action"], entry["actor"], entry["target"]) == ("admin.promoted", person.id, member.id)
    assert entry["family_id"] == larks["_id"]


def test_an_admin_is_demoted(person: Person, larks: Document) -> None:
    other, third, bystander = admin_of(larks, person), admin_of(larks, person), joined(larks)
    before, version = audit(), stored(larks)["version"]

    answer = manage(person, larks, other.id, "demote")

    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "message": f"{other.username} was demoted.",
        "transaction_safe": True,
        "family_id": larks["_id"],
        "target_user_id": other.id,
        "target_username": other.username,
        "action": "demoted",
        "new_role": "member",
        "performed_by": person.id,
        "performed_by_username": person.username,
        "performed_at": moment(stored(larks)["updated_at"]),
    }
    assert roles(larks) == {
        person.id: "admin",
        other.id: "member",
        third.id: "admin",
        bystander.id: "member",
    }
    assert stored(larks)["version"] == version + 1
    assert rights(larks) == {
        person.id: MANAGER,
        other.id: VIEWER,
        third.id: MANAGER,
        bystander.id: VIEWER,
    }
    assert told("admin_demoted") == ids(person, other, third)
    assert mailed("admin_demoted") == addresses(other)
    (entry,) = new_entries(before)
    assert (entry["action"], entry["actor"], entry["target"]) == ("admin.demoted", person.id, other.id)


def test_a_right_that_is_taken_away_is_gone_with_the_next_call(person: Person, larks: Document) -> None:
    other, member = admin_of(larks, person), joined(larks)
    manage(person, larks, other.id, "demote")

    assert manage(other, larks, member.id, "promote").problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert Api(other).get(f"/family/{larks['_id']}").json["sbd_account"]["can_spend"] is False


def test_a_backup_admin_who_is_promoted_stands_ready_no_longer(person: Person, larks: Document) -> None:
    backup = standing_by(larks, person)

    assert manage(person, larks, backup.id, "promote").status == 200

    assert roles(larks) == {person.id: "admin", backup.id: "admin"}
    assert manage(person, larks, backup.id, "demote").status == 200
    assert roles(larks) == {person.id: "admin", backup.id: "member"}


def test_the_mail_says_who_made_whom_what(person: Person, larks: Document) -> None:
    member = joined(larks)

    manage(person, larks, member.id, "promote")
    manage(person, larks, member.id, "demote")

    found = [(each.to, each.subject) for each in mails("notice")]
    assert found == [(member.email, "New admin"), (member.email, "An admin steps back")]
    for each in mails("notice"):
        assert all(word in each.text for word in (person.username, member.username, "Larks"))


@pytest.mark.parametrize(
    ("action", "target", "reason"),
    [
        ("promote", "other", "already_admin"),
        ("promote", "person", "self"),
        ("demote", "member", "not_admin"),
        ("demote", "backup", "not_admin"),
    ],
)
def test_what_cannot_be_changes_nothing(
    person: Person, larks: Document, action: str, target: str, reason: str
) -> None:
    people = {
        "person": person,
        "other": admin_of(larks, person),
        "member": joined(larks),
        "backup": standing_by(larks, person),
    }
    before = documents()

    answer = manage(person, larks, people[target].id, action)

    assert answer.problem == (400, "ADMIN_ACTION_ERROR")
    assert answer.json["details"] == {"reason": reason}
    assert documents() == before


@pytest.mark.parametrize("action", ["promote", "demote"])
def test_who_is_no_member_has_no_role(person: Person, larks: Document, stranger: Person, action: str) -> None:
    former = joined(larks)
    leave(former, larks)
    new_family(stranger, "Owls")
    before = documents()

    for target in (stranger.id, former.id, NOBODY, larks["_id"], "x" * 64):
        assert manage(person, larks, target, action).problem == (404, "MEMBER_NOT_FOUND")
    assert documents() == before


@pytest.mark.parametrize("action", ["promote", "demote"])
def test_only_admins_change_roles(person: Person, larks: Document, stranger: Person, action: str) -> None:
    member, backup, former = joined(larks), standing_by(larks, person), joined(larks)
    leave(former, larks)
    before = documents()

    for each in (member, backup):
        # Also of what is not there, and of oneself: who may not, learns nothing of it.
        for target in (person.id, member.id, backup.id, NOBODY):
            answer = manage(each, larks, target, action)
            assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
            assert answer.json["details"].keys() == {"required"}
    for outsider in (stranger, former):
        for target in (person.id, outsider.id, NOBODY):
            assert manage(outsider, larks, target, action).problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before


BODIES: list[tuple[Any, set[tuple[str, str]]]] = [
    (None, {("action", "required")}),
    ({}, {("action", "required")}),
    ([], {("body", "invalid_type")}),
    ({"action": None}, {("action", "null")}),
    ({"action": 1}, {("action", "invalid_type")}),
    ({"action": True}, {("action", "invalid_type")}),
    ({"action": ["promote"]}, {("action", "invalid_type")}),
    ({"action": ""}, {("action", "invalid_choice")}),
    ({"action": "PROMOTE"}, {("action", "invalid_choice")}),
    ({"action": "designate"}, {("action", "invalid_choice")}),
    ({"action": "promote", "role": "admin"}, {("role", "unknown_field")}),
    ({"role": "admin"}, {("action", "required"), ("role", "unknown_field")}),
]


@pytest.mark.parametrize(("body", "faults"), BODIES)
def test_a_body_against_the_rules_changes_nothing(
    person: Person, larks: Document, body: Any, faults: set[tuple[str, str]]
) -> None:
    member = joined(larks)
    before = documents()

    answer = manage(person, larks, member.id, body)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == faults
    assert documents() == before


@pytest.mark.parametrize("action", ["promote", "demote"])
def test_the_same_again_is_refused_and_the_same_key_again_is_answered(
    person: Person, larks: Document, action: str
) -> None:
    target = joined(larks) if action == "promote" else admin_of(larks, person)
    key = {replays.HEADER: f"{action}-them"}
    first = manage(person, larks, target.id, action, **key)
    before = documents()

    replay = manage(person, larks, target.id, action, **key)
    again = manage(person, larks, target.id, action)
    other = manage(person, larks, target.id, "demote" if action == "promote" else "promote", **key)
    elsewhere = manage(person, larks, person.id, action, **key)

    assert first.status == 200
    assert (replay.status, replay.json) == (200, first.json)
    assert replay.headers[replays.REPLAYED] == "true"
    assert again.problem == (400, "ADMIN_ACTION_ERROR")
    assert other.problem == (409, "IDEMPOTENCY_KEY_REUSED")
    assert elsewhere.problem == (409, "IDEMPOTENCY_KEY_REUSED")
    assert documents() == before


def test_a_refused_call_uses_no_key_up(person: Person, larks: Document) -> None:
    member, key = joined(larks), {replays.HEADER: "demote-them"}
    assert manage(person, larks, member.id, "demote", **key).problem == (400, "ADMIN_ACTION_ERROR")
    manage(person, larks, member.id, "promote")

    assert manage(person, larks, member.id, "demote", **key).status == 200
    assert roles(larks)[member.id] == "member"


def test_a_disabled_member_is_promoted_and_works_once_enabled(person: Person, larks: Document) -> None:
    member = joined(larks)
    disable(member)

    assert manage(person, larks, member.id, "promote").status == 200
    assert roles(larks) == {person.id: "admin", member.id: "admin"}
    assert member.id not in rights(larks)
