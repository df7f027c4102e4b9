"""POST /family/{id}/members/{user_id}/backup-admin. Source: HTTP contract, sections 6, 12, 18 (16 to 18)."""

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
    back_up,
    backups_seen_by,
    disable,
    ids,
    joined,
    leave,
    mailed,
    manage,
    moment,
    new_entries,
    relate,
    remove,
    rights,
    roles,
    standing_by,
    stored,
    told,
)
from tests.mails import mails


def test_a_member_is_designated(person: Person, larks: Document) -> None:
    other, member, bystander = admin_of(larks, person), joined(larks), joined(larks)
    before, version = audit(), stored(larks)["version"]

    answer = back_up(person, larks, member.id, "designate")

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "success",
        "message": f"{member.username} was designated as backup admin.",
        "transaction_safe": True,
        "family_id": larks["_id"],
        "backup_user_id": member.id,
        "backup_username": member.username,
        "action": "designated",
        "role": "backup_admin",
        "performed_by": person.id,
        "performed_by_username": person.username,
        "performed_at": moment(stored(larks)["updated_at"]),
    }
    assert roles(larks) == {
        person.id: "admin",
        other.id: "admin",
        member.id: "backup_admin",
        bystander.id: "member",
    }
    assert stored(larks)["version"] == version + 1
    # No rights until they are promoted.
    assert rights(larks) == {
        person.id: MANAGER,
        other.id: MANAGER,
        member.id: VIEWER,
        bystander.id: VIEWER,
    }
    assert told("backup_admin_designated") == ids(person, other, member)
    assert mailed("backup_admin_designated") == addresses(member)
    (entry,) = new_entries(before)
    said = (entry["action"], entry["actor"], entry["target"], entry["family_id"])
    assert said == ("backup_admin.designated", person.id, member.id, larks["_id"])


def test_a_backup_admin_is_one_no_longer(person: Person, larks: Document) -> None:
    other, backup, still = admin_of(larks, person), standing_by(larks, person), standing_by(larks, person)
    before, version = audit(), stored(larks)["version"]

    answer = back_up(other, larks, backup.id, "remove")

    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "message": f"{backup.username} was removed as backup admin.",
        "transaction_safe": True,
        "family_id": larks["_id"],
        "backup_user_id": backup.id,
        "backup_username": backup.username,
        "action": "removed",
        "role": "member",
        "performed_by": other.id,
        "performed_by_username": other.username,
        "performed_at": moment(stored(larks)["updated_at"]),
    }
    assert roles(larks) == {
        person.id: "admin",
        other.id: "admin",
        backup.id: "member",
        still.id: "backup_admin",
    }
    assert stored(larks)["version"] == version + 1
    assert rights(larks)[backup.id] == VIEWER
    assert told("backup_admin_removed") == ids(person, other, backup)
    assert mailed("backup_admin_removed") == addresses(backup)
    (entry,) = new_entries(before)
    said = (entry["action"], entry["actor"], entry["target"], entry["family_id"])
    assert said == ("backup_admin.removed", other.id, backup.id, larks["_id"])


def test_the_mail_says_who_asks_whom(person: Person, larks: Document) -> None:
    member = joined(larks)

    back_up(person, larks, member.id, "designate")
    back_up(person, larks, member.id, "remove")

    found = mails("notice")
    assert [(each.to, each.subject) for each in found] == [
        (member.email, "New backup admin"),
        (member.email, "A backup admin steps back"),
    ]
    for each in found:
        assert all(word in each.text for word in (person.username, member.username, "Larks"))


def test_the_order_is_that_of_designation(person: Person, larks: Document) -> None:
    one, two, three = joined(larks), joined(larks), joined(larks)

    for each in (three, one, two):
        back_up(person, larks, each.id, "designate")
    assert backups_seen_by(one, larks) == [three.id, one.id, two.id]

    back_up(person, larks, three.id, "remove")
    assert backups_seen_by(one, larks) == [one.id, two.id]

    back_up(person, larks, three.id, "designate")
    assert backups_seen_by(one, larks) == [one.id, two.id, three.id]


def test_who_was_last_and_stood_down_is_last_again(person: Person, larks: Document) -> None:
    one, two = standing_by(larks, person), standing_by(larks, person)

    back_up(person, larks, two.id, "remove")
    back_up(person, larks, one.id, "remove")
    back_up(person, larks, two.id, "designate")
    back_up(person, larks, one.id, "designate")

    assert backups_seen_by(person, larks) == [two.id, one.id]


def test_who_comes_back_stands_ready_no_longer(person: Person, larks: Document) -> None:
    backup, other = standing_by(larks, person), standing_by(larks, person)
    manage(person, larks, backup.id, "promote")
    manage(person, larks, backup.id, "demote")

    assert backups_seen_by(person, larks) == [other.id]


def test_a_backup_admin_has_no_rights_of_an_admin(person: Person, larks: Document) -> None:
    backup, member = standing_by(larks, person), joined(larks)
    before = documents()

    refused = [
        manage(backup, larks, member.id, "promote"),
        manage(backup, larks, backup.id, "promote"),
        back_up(backup, larks, member.id, "designate"),
        back_up(backup, larks, backup.id, "remove"),
        remove(backup, larks, member.id),
        relate(backup, larks, backup.id, member.id, "sibling"),
        Api(backup).get(f"/family/{larks['_id']}/admin-actions"),
        Api(backup).put(f"/family/{larks['_id']}", {"name": "Owls"}),
        Api(backup).send("DELETE", f"/family/{larks['_id']}"),
    ]

    assert [each.problem for each in refused] == [(403, "INSUFFICIENT_PERMISSIONS")] * len(refused)
    assert documents() == before


@pytest.mark.parametrize(
    ("action", "target", "reason"),
    [
        ("designate", "person", "already_admin"),
        ("designate", "other", "already_admin"),
        ("designate", "backup", "already_backup"),
        ("remove", "member", "not_backup"),
        ("remove", "person", "not_backup"),
        ("remove", "other", "not_backup"),
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

    answer = back_up(person, larks, people[target].id, action)

    assert answer.problem == (400, "BACKUP_ADMIN_ERROR")
    assert answer.json["details"] == {"reason": reason}
    assert documents() == before


@pytest.mark.parametrize("action", ["designate", "remove"])
def test_who_is_no_member_stands_for_nothing(
    person: Person, larks: Document, stranger: Person, action: str
) -> None:
    former = standing_by(larks, person)
    leave(former, larks)
    new_family(stranger, "Owls")
    before = documents()

    for target in (stranger.id, former.id, NOBODY, larks["_id"], "x" * 64):
        assert back_up(person, larks, target, action).problem == (404, "MEMBER_NOT_FOUND")
    assert documents() == before


@pytest.mark.parametrize("action", ["designate", "remove"])
def test_only_admins_say_who_stands_ready(
    person: Person, larks: Document, stranger: Person, action: str
) -> None:
    member, former = joined(larks), joined(larks)
    leave(former, larks)
    before = documents()

    for target in (person.id, member.id, NOBODY):
        answer = back_up(member, larks, target, action)
        assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert answer.json["details"].keys() == {"required"}
    for outsider in (stranger, former):
        for target in (person.id, outsider.id, NOBODY):
            assert back_up(outsider, larks, target, action).problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (None, {("action", "required")}),
        ({}, {("action", "required")}),
        ([], {("body", "invalid_type")}),
        ({"action": None}, {("action", "null")}),
        ({"action": 1}, {("action", "invalid_type")}),
        ({"action": "Designate"}, {("action", "invalid_choice")}),
        ({"action": "promote"}, {("action", "invalid_choice")}),
        ({"action": "designate", "order": 1}, {("order", "unknown_field")}),
    ],
)
def test_a_body_against_the_rules_changes_nothing(
    person: Person, larks: Document, body: Any, faults: set[tuple[str, str]]
) -> None:
    member = joined(larks)
    before = documents()

    answer = back_up(person, larks, member.id, body)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == faults
    assert documents() == before


@pytest.mark.parametrize("action", ["designate", "remove"])
def test_the_same_again_is_refused_and_the_same_key_again_is_answered(
    person: Person, larks: Document, action: str
) -> None:
    target = joined(larks) if action == "designate" else standing_by(larks, person)
    key = {replays.HEADER: f"{action}-them"}
    first = back_up(person, larks, target.id, action, **key)
    before = documents()

    replay = back_up(person, larks, target.id, action, **key)
    again = back_up(person, larks, target.id, action)
    other = back_up(person, larks, target.id, "remove" if action == "designate" else "designate", **key)

    assert first.status == 200
    assert (replay.status, replay.json) == (200, first.json)
    assert replay.headers[replays.REPLAYED] == "true"
    assert again.problem == (400, "BACKUP_ADMIN_ERROR")
    assert other.problem == (409, "IDEMPOTENCY_KEY_REUSED")
    assert documents() == before


def test_a_disabled_member_may_stand_ready(person: Person, larks: Document) -> None:
    member = joined(larks)
    disable(member)

    assert back_up(person, larks, member.id, "designate").status == 200
    assert roles(larks) == {person.id: "admin", member.id: "backup_admin"}
