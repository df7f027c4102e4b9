"""Accepting and declining. Source: HTTP contract, sections 5 and 18 (rules 7, 9, 10, 17)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from families.actions import inviting, members
from families.rules import RelationshipType
from ops import clock
from ops.mongo.collections import Document, collection
from ops.web import replays
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import Person, new_family, new_invitation, new_member, new_person, token_of


def respond(person: Person, invitation: Document, action: str = "accept", **headers: str) -> Answer:
    path = f"/family/invitation/{invitation['_id']}/respond"
    return Api(person).post(path, {"action": action}, **headers)


def one(name: str, **query: Any) -> Document:
    found = [each for each in documents(name)[name] if query.items() <= each.items()]
    assert len(found) == 1, found
    return found[0]


def told(user: Person) -> list[str]:
    notices = documents("notifications")["notifications"]
    return sorted(each["type"] for each in notices if each["user_id"] == user.id)


def test_accepting_makes_a_member_with_all_that_belongs_to_it(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    before = len(audit())

    answer = respond(guest, sent)

    assert answer.status == 200
    message = "You have joined the family."
    assert answer.json == {
        "status": "success",
        "message": message,
        "transaction_safe": True,
        "action": "accept",
        "data": {
            "status": "accepted",
            "family_id": larks["_id"],
            "relationship_type": "sibling",
            "message": message,
        },
    }
    family = one("families", _id=larks["_id"])
    assert [(each["user_id"], each["role"]) for each in family["members"]] == [
        (person.id, "admin"),
        (guest.id, "member"),
    ]
    assert (family["open_invitations"], family["version"]) == ([], 2)
    holder = one("sbd_accounts", _id=larks["account_id"])["holders"][1]
    rights = ("user_id", "role", "can_spend", "spending_limit")
    assert tuple(holder[name] for name in rights) == (guest.id, "viewer", False, 0)
    assert one("family_people", _id=guest.id)["member_of"] == [larks["_id"]]
    kept = one("family_invitations", _id=sent["_id"])
    assert (kept["status"], kept["responded_by"], kept["remind_at"]) == ("accepted", guest.id, None)
    assert told(person) == ["invitation_accepted", "member_added"]
    assert told(guest) == ["member_added"]
    assert one("email_outbox", template="invitation_accepted")["to"] == person.email
    assert len(audit()) == before + 1
    (entry,) = audit("invitation.accepted")
    assert (entry["actor"], entry["target"], entry["after"]["user_id"]) == (guest.id, sent["_id"], guest.id)


@pytest.mark.parametrize(
    ("kind", "reverse"), [("child", "parent"), ("aunt", "niece"), ("nephew", "uncle"), ("spouse", "spouse")]
)
def test_both_sides_of_the_relationship_are_written(
    person: Person, guest: Person, larks: Document, kind: str, reverse: str
) -> None:
    invitation = new_invitation(larks["_id"], person, "guest", RelationshipType(kind))

    respond(guest, invitation)

    relationship = one("family_relationships", family_id=larks["_id"])
    # What the other is, seen from each of them.
    assert relationship["user_a"] == {"user_id": person.id, "relationship_type": kind}
    assert relationship["user_b"] == {"user_id": guest.id, "relationship_type": reverse}
    assert relationship["status"] == "active"


def test_declining_leaves_everything_as_it_was_and_frees_the_place(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    before = len(audit())

    answer = respond(guest, sent, "decline")

    assert (answer.status, answer.json["action"], answer.json["data"]["status"]) == (
        200,
        "decline",
        "declined",
    )
    family = one("families", _id=larks["_id"])
    assert [each["user_id"] for each in family["members"]] == [person.id]
    assert family["open_invitations"] == []
    kept = one("family_invitations", _id=sent["_id"])
    assert kept["status"] == "declined"
    assert kept["blank_at"] - kept["responded_at"] == timedelta(days=30)
    assert (told(person), told(guest)) == (["invitation_declined"], [])
    assert [each["template"] for each in documents("email_outbox")["email_outbox"]] == ["invitation"]
    assert len(audit()) == before + 1


@pytest.mark.parametrize("first", ["accept", "decline"])
@pytest.mark.parametrize("second", ["accept", "decline"])
def test_an_invitation_is_answered_once(guest: Person, sent: Document, first: str, second: str) -> None:
    respond(guest, sent, first)
    before = documents()

    answer = respond(guest, sent, second)

    assert answer.problem == (404, "INVITATION_NOT_FOUND")
    assert answer.json["details"] == {"reason": "answered"}
    assert documents() == before


def test_a_key_that_is_sent_again_answers_once_on_either_path(guest: Person, sent: Document) -> None:
    key = {replays.HEADER: "accept-larks"}
    first = respond(guest, sent, **key)
    before = documents()

    path = f"/family/invitations/{sent['_id']}/respond"
    second = Api(guest).post(path, {"action": "accept"}, **key)

    assert (second.status, second.json) == (200, first.json)
    assert second.headers[replays.REPLAYED] == "true"
    assert documents() == before


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_from_the_second_of_its_end_it_cannot_be_answered(
    person: Person, larks: Document, guest: Person, action: str
) -> None:
    at = clock.now() - timedelta(days=7)
    overdue = new_invitation(larks["_id"], person, guest.email, now=at)
    before = documents()

    answer = respond(guest, overdue, action)
    by_link = Api(guest).post(f"/family/invitation/{token_of(overdue)}/{action}")

    for each in (answer, by_link):
        assert each.problem == (404, "INVITATION_NOT_FOUND")
        assert each.json["details"] == {"reason": "expired"}
    assert documents() == before


def test_a_cancelled_invitation_is_gone_and_says_so_to_the_invitee(
    person: Person, guest: Person, stranger: Person, larks: Document, sent: Document
) -> None:
    inviting.cancel(larks["_id"], sent["_id"], actor=person.actor, now=clock.now())
    before = documents()

    assert respond(guest, sent).json["details"] == {"reason": "cancelled"}
    assert respond(stranger, sent).json["details"] == {}
    assert documents() == before


def test_a_stranger_changes_nothing(stranger: Person, sent: Document) -> None:
    before = documents()

    for action in ("accept", "decline"):
        answer = respond(stranger, sent, action)
        assert answer.problem == (404, "INVITATION_NOT_FOUND")
        assert answer.json["details"] == {}
    link = Api(stranger).post(f"/family/invitation/{token_of(sent)}/accept")
    assert link.problem == (403, "INVITATION_NOT_FOR_YOU")
    assert documents() == before


def test_who_left_offers_nothing_any_more(person: Person, larks: Document, guest: Person) -> None:
    Api(person).put(f"/family/{larks['_id']}", {"settings": {"allow_member_invites": True}})
    inviter = new_member(larks["_id"], person)
    invitation = new_invitation(larks["_id"], inviter, guest.email)
    gone = {"$pull": {"members": {"user_id": inviter.id}}}
    collection("families").update({"_id": larks["_id"]}, gone)
    before = documents()

    answer = respond(guest, invitation)

    assert answer.problem == (404, "INVITATION_NOT_FOUND")
    assert answer.json["details"] == {"reason": "cancelled"}
    assert documents() == before


def test_the_last_place_is_for_whom_it_was_held(person: Person, larks: Document) -> None:
    guests = [new_person() for _ in range(4)]
    invitations = [new_invitation(larks["_id"], person, each.email) for each in guests]

    for each, invitation in zip(guests, invitations, strict=True):
        assert respond(each, invitation).status == 200
    assert len(one("families", _id=larks["_id"])["members"]) == 5


def test_a_family_whose_limit_was_lowered_takes_nobody(
    guest: Person, larks: Document, sent: Document
) -> None:
    collection("families").update({"_id": larks["_id"]}, {"$set": {"limits.max_members": 1}})
    before = documents()

    answer = respond(guest, sent)

    assert answer.problem == (403, "MEMBER_LIMIT_EXCEEDED")
    facts = {"limit": 1, "members": 1, "pending_invitations": 0, "upgrade_required": True}
    assert answer.json["details"] == facts
    assert documents() == before


def test_who_belongs_to_ten_families_accepts_no_eleventh(guest: Person, sent: Document) -> None:
    founders = [new_person() for _ in range(4)]
    for family in [new_family(founder) for founder in founders for _ in range(3)][:10]:
        members.join(family["_id"], guest.id, actor=guest.actor, now=clock.now())
    before = documents()

    assert respond(guest, sent).problem == (403, "FAMILY_LIMIT_EXCEEDED")
    assert documents() == before


def test_what_else_invites_the_same_person_is_void_once_they_accept(
    person: Person, guest: Person, larks: Document, sent: Document
) -> None:
    by_name = new_invitation(larks["_id"], person, guest.username)

    respond(guest, sent)

    assert one("family_invitations", _id=by_name["_id"])["status"] == "cancelled"
    assert one("families", _id=larks["_id"])["open_invitations"] == []
    (entry,) = audit("invitation.accepted")
    assert entry["after"]["voided"] == [by_name["_id"]]
    assert respond(guest, by_name).json["details"] == {"reason": "cancelled"}


def test_a_member_does_not_join_again(person: Person, guest: Person, larks: Document, sent: Document) -> None:
    members.join(larks["_id"], guest.id, actor=person.actor, now=clock.now())
    before = documents()

    answer = respond(guest, sent)

    assert answer.problem == (400, "INVITATION_FAILED")
    assert answer.json["details"] == {"reason": "already_member"}
    assert documents() == before


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
@pytest.mark.parametrize("by_name", [False, True])
def test_accepting_needs_a_confirmed_address_where_that_is_required(
    person: Person,
    guest: Person,
    larks: Document,
    by_name: bool,  # noqa: FBT001  # a parameter
) -> None:
    collection("users").update({"_id": person.id}, {"$set": {"email_confirmed_at": clock.now()}})
    invitation = new_invitation(larks["_id"], person, guest.username if by_name else guest.email)
    before = documents()

    assert respond(guest, invitation).problem == (403, "EMAIL_NOT_CONFIRMED")
    by_link = Api(guest).post(f"/family/invitation/{token_of(invitation)}/accept")
    assert by_link.problem == (403, "EMAIL_NOT_CONFIRMED")
    assert documents() == before
    # An address that is not proven is nobody's, so its invitations are not listed, either.
    assert len(Api(guest).get("/family/my-invitations").json["results"]) == by_name

    collection("users").update({"_id": guest.id}, {"$set": {"email_confirmed_at": clock.now()}})
    assert respond(guest, invitation).status == 200
