"""Leaving a family, and being removed from it. Source: HTTP contract, sections 6, 12 and 18 (8, 9, 15 to 18).

What holds of the last admin is in ``test_last_admin_api``.
"""

import pytest

from families.actions import changing
from ops import clock
from ops.mongo.collections import Document
from tests.api import Answer, Api
from tests.consistency import faults
from tests.database import audit, documents
from tests.factories import Person, new_family, new_invitation, new_member, new_person, token_of
from tests.families.household import (
    VIEWER,
    addresses,
    admin_of,
    ids,
    joined,
    leave,
    mailed,
    manage,
    members_seen_by,
    moment,
    new_entries,
    relate,
    relationships_seen_by,
    remove,
    rights,
    roles,
    standing_by,
    stored,
    told,
)
from tests.mails import mails

WAYS = pytest.mark.parametrize("way", ["leave", "remove"])


def go(way: str, person: Person, admin: Person, family: Document) -> Answer:
    """Let a member leave, or be removed by an admin."""
    return leave(person, family) if way == "leave" else remove(admin, family, person.id)


def test_a_member_leaves(person: Person, larks: Document) -> None:
    member, other = joined(larks), joined(larks)
    before, version = audit(), stored(larks)["version"]

    answer = leave(member, larks)

    family = stored(larks)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "success",
        "message": "You have left the family.",
        "transaction_safe": True,
        "family_id": larks["_id"],
        "left_at": moment(family["updated_at"]),
        "promoted_user_id": None,
    }
    assert roles(larks) == {person.id: "admin", other.id: "member"}
    assert family["version"] == version + 1
    assert told("member_left") == ids(person, other)
    assert (told("member_removed"), mailed("member_left")) == ([], [])
    (entry,) = new_entries(before)
    said = (entry["action"], entry["actor"], entry["target"], entry["family_id"])
    assert said == ("member.left", member.id, member.id, larks["_id"])


def test_a_member_is_removed(person: Person, larks: Document) -> None:
    member, other = joined(larks), joined(larks)
    relate(person, larks, member.id, other.id, "cousin")
    relate(person, larks, person.id, member.id, "child")
    relate(person, larks, person.id, other.id, "child")
    before, version = audit(), stored(larks)["version"]

    answer = remove(person, larks, member.id)

    family = stored(larks)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "success",
        "message": f"{member.username} was removed.",
        "transaction_safe": True,
        "removed_user_id": member.id,
        "removed_username": member.username,
        "relationships_cleaned": 2,
        "permissions_revoked": True,
        "requests_cancelled": 0,
        "removed_at": moment(family["updated_at"]),
    }
    assert roles(larks) == {person.id: "admin", other.id: "member"}
    assert family["version"] == version + 1
    assert told("member_removed") == ids(person, other, member)
    assert mailed("member_removed") == addresses(person, other, member)
    assert told("member_left") == []
    (entry,) = new_entries(before)
    said = (entry["action"], entry["actor"], entry["target"], entry["family_id"])
    assert said == ("member.removed", person.id, member.id, larks["_id"])


def test_the_mail_to_who_is_removed_says_of_what(person: Person, larks: Document) -> None:
    member = joined(larks)

    remove(person, larks, member.id)

    found = mails("notice")
    assert {(each.to, each.subject) for each in found} == {
        (person.email, "A membership has ended"),
        (member.email, "A membership has ended"),
    }
    assert all(member.username in each.text and "Larks" in each.text for each in found)


@WAYS
def test_all_that_belongs_to_a_membership_ends_with_it(person: Person, larks: Document, way: str) -> None:
    member, other, owls = joined(larks), joined(larks), new_family(person, "Owls")
    for family in (larks, owls):
        if family is owls:
            new_member(owls["_id"], person, member)
        relate(person, family, person.id, member.id, "child")
    relate(person, larks, other.id, member.id, "sibling")
    kept = relate(person, larks, person.id, other.id, "child").json["relationship_id"]
    elsewhere = relationships_seen_by(member, owls), stored(owls)

    assert go(way, member, person, larks).status == 200

    assert rights(larks).keys() == {person.id, other.id}
    assert [each["relationship_id"] for each in relationships_seen_by(person, larks)] == [kept]
    ended = [each for each in documents("family_relationships")["family_relationships"] if _has(each, member)]
    assert sorted(each["status"] for each in ended) == ["active", "ended", "ended"]
    (place,) = [each for each in documents("family_people")["family_people"] if each["_id"] == member.id]
    assert place["member_of"] == [owls["_id"]]
    # What they are elsewhere is untouched.
    assert (relationships_seen_by(member, owls), stored(owls)) == elsewhere
    assert faults(clock.now()) == []


def _has(relationship: Document, person: Person) -> bool:
    return person.id in {relationship[side]["user_id"] for side in ("user_a", "user_b")}


@WAYS
def test_whoever_is_gone_is_a_stranger(person: Person, larks: Document, guest: Person, way: str) -> None:
    member = admin_of(larks, person)
    invitation = new_invitation(larks["_id"], person, guest.email)
    go(way, member, person, larks)
    before = documents()

    api, below = Api(member), f"/family/{larks['_id']}"
    answers = [
        api.get(below),
        api.put(below, {"name": "Owls"}),
        api.send("DELETE", below),
        api.get(f"{below}/members"),
        api.get(f"{below}/relationships"),
        api.get(f"{below}/admin-actions"),
        api.get(f"{below}/invitations"),
        api.get(f"{below}/notifications"),
        api.post(f"{below}/notifications/mark-all-read"),
        api.post(f"{below}/invite", {"identifier": "a@example.com", "relationship_type": "child"}),
        api.send("DELETE", f"{below}/invitations/{invitation['_id']}"),
        api.post(f"{below}/invitations/{invitation['_id']}/resend"),
        api.post(f"{below}/leave"),
        remove(member, larks, person.id),
        remove(member, larks, member.id),
        manage(member, larks, member.id, "promote"),
        relate(member, larks, person.id, member.id, "child"),
    ]

    assert [each.problem for each in answers] == [(404, "FAMILY_NOT_FOUND")] * len(answers)
    assert api.get("/family/my-families").json == []
    assert documents() == before


@WAYS
def test_the_invitations_that_they_sent_are_void(
    person: Person, larks: Document, guest: Person, way: str
) -> None:
    changing.change(
        larks["_id"], {"settings": {"allow_member_invites": True}}, actor=person.actor, now=clock.now()
    )
    member, friend = joined(larks), new_person()
    void = new_invitation(larks["_id"], member, guest.email)
    live = new_invitation(larks["_id"], person, friend.email)

    go(way, member, person, larks)

    found = {each["_id"]: each for each in documents("family_invitations")["family_invitations"]}
    assert (found[void["_id"]]["status"], found[live["_id"]]["status"]) == ("cancelled", "pending")
    # Its place is free, the other one's is still held.
    assert [each["invitation_id"] for each in stored(larks)["open_invitations"]] == [live["_id"]]
    answer = Api(guest).post(f"/family/invitation/{void['_id']}/respond", {"action": "accept"})
    assert answer.problem == (404, "INVITATION_NOT_FOUND")
    assert answer.json["details"] == {"reason": "cancelled"}
    by_link = Api(guest).post(f"/family/invitation/{token_of(void)}/accept")
    assert by_link.problem == (404, "INVITATION_NOT_FOUND")
    assert Api(friend).post(f"/family/invitation/{live['_id']}/respond", {"action": "accept"}).status == 200
    assert faults(clock.now()) == []


@WAYS
def test_who_comes_back_begins_anew(person: Person, larks: Document, way: str) -> None:
    member, other = admin_of(larks, person), joined(larks)
    relate(person, larks, member.id, other.id, "cousin")
    go(way, member, person, larks)
    invitation = new_invitation(larks["_id"], person, member.email)

    answer = Api(member).post(f"/family/invitation/{invitation['_id']}/respond", {"action": "accept"})

    assert answer.status == 200
    assert roles(larks) == {person.id: "admin", other.id: "member", member.id: "member"}
    assert rights(larks)[member.id] == VIEWER
    seen = {each["user_id"]: each["relationship_type"] for each in members_seen_by(member, larks)}
    assert seen == {person.id: "sibling", other.id: "member", member.id: "self"}
    assert [each["user_id"] for each in members_seen_by(member, larks)][-1] == member.id


@WAYS
def test_a_place_is_free_again(person: Person, larks: Document, way: str) -> None:
    members = [joined(larks) for _ in range(4)]
    full = Api(person).post(
        f"/family/{larks['_id']}/invite", {"identifier": "a@example.com", "relationship_type": "child"}
    )
    assert full.problem == (403, "MEMBER_LIMIT_EXCEEDED")

    go(way, members[1], person, larks)

    assert new_invitation(larks["_id"], person, "a@example.com")["status"] == "pending"
    assert faults(clock.now()) == []


@WAYS
def test_a_founder_who_is_gone_may_found_again(person: Person, larks: Document, way: str) -> None:
    other = admin_of(larks, person)
    for name in ("Owls", "Wrens"):
        new_family(person, name)
    assert Api(person).post("/family/create").problem == (403, "FAMILY_LIMIT_EXCEEDED")

    go(way, person, other, larks)

    assert Api(person).post("/family/create").status == 201
    assert faults(clock.now()) == []


@WAYS
def test_a_backup_admin_who_goes_is_none_when_they_come_back(
    person: Person, larks: Document, way: str
) -> None:
    backup = standing_by(larks, person)
    go(way, backup, person, larks)
    new_member(larks["_id"], person, backup)

    assert roles(larks) == {person.id: "admin", backup.id: "member"}


def test_an_admin_removes_another(person: Person, larks: Document) -> None:
    other, member = admin_of(larks, person), joined(larks)

    assert remove(other, larks, person.id).status == 200

    assert roles(larks) == {other.id: "admin", member.id: "member"}
    assert stored(larks)["admin_user_ids"] == [other.id]
