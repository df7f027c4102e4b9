"""POST /family/{id}/invite. Source: HTTP contract, sections 5 and 18 (rules 7, 11, 12, 17, 18)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from families.actions import joining
from families.invitations import emails
from ops import clock, links
from ops.mongo.collections import Document, collection
from ops.web import replays
from tests import commands
from tests.api import Answer, Api
from tests.database import audit, documents, public_part
from tests.factories import Person, new_invitation, new_member, new_person, token_of

KINDS = ("families", "family_invitations", "email_outbox", "notifications", "audit_log")


def invite(person: Person, family: Document, identifier: Any, **more: Any) -> Answer:
    body = {"identifier": identifier, "relationship_type": "sibling", **more}
    return Api(person).post(f"/family/{family['_id']}/invite", body)


def test_an_address_is_invited(person: Person, larks: Document) -> None:
    before = len(audit())

    answer = invite(person, larks, " Omar+otters@Example.com ", relationship_type="Child")

    (stored,) = documents("family_invitations")["family_invitations"]
    assert answer.status == 201
    at = answer.json["created_at"], answer.json["expires_at"]
    assert answer.json == {
        "invitation_id": stored["_id"],
        "family_id": larks["_id"],
        "family_name": "Larks",
        "inviter_user_id": person.id,
        "inviter_username": person.username,
        "invitee_email": "Omar+otters@Example.com",
        "invitee_username": None,
        "relationship_type": "child",
        "status": "pending",
        "created_at": at[0],
        "expires_at": at[1],
        "responded_at": None,
        "email_status": "queued",
        "resend_count": 0,
    }
    assert stored["_id"].startswith("inv_")
    assert stored["invitee"] == "email:omar+otters@example.com"
    assert stored["expires_at"] - stored["created_at"] == timedelta(days=7)
    (family,) = documents("families")["families"]
    held = {"invitation_id": stored["_id"], "expires_at": stored["expires_at"]}
    assert family["open_invitations"] == [held]
    assert len(audit()) == before + 1
    (entry,) = audit("invitation.created")
    assert (entry["actor"], entry["target"], entry["family_id"]) == (person.id, stored["_id"], larks["_id"])
    assert "otters@" not in public_part(entry)


def test_the_mail_is_in_the_outbox_and_its_token_is_nowhere(person: Person, larks: Document) -> None:
    answer = invite(person, larks, "omar@example.com")

    stored = documents("family_invitations", "email_outbox")
    (invitation,), (mail,) = stored["family_invitations"], stored["email_outbox"]
    assert (mail["to"], mail["template"], mail["status"]) == ("omar@example.com", "invitation", "queued")
    assert mail["context"] == {"invitation_id": invitation["_id"], "generation": "1"}
    assert invitation["mail_id"] == mail["_id"]
    token = token_of(invitation)
    assert invitation["link"]["digest"] == links.digest(token)
    assert token not in repr(documents())
    assert token not in answer.text.decode()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)


def test_a_username_is_invited_by_mail_and_told_at_once(
    person: Person, larks: Document, guest: Person
) -> None:
    answer = invite(person, larks, "Guest", identifier_type="username")

    assert answer.status == 201
    assert (answer.json["invitee_username"], answer.json["invitee_email"]) == ("guest", None)
    stored = documents(*KINDS)
    assert stored["family_invitations"][0]["invitee"] == f"user:{guest.id}"
    assert [mail["to"] for mail in stored["email_outbox"]] == [guest.email]
    (notice,) = stored["notifications"]
    assert (notice["user_id"], notice["type"]) == (guest.id, "invitation_received")
    assert notice["data"]["invitation_id"] == answer.json["invitation_id"]


@pytest.mark.parametrize("again", ["omar@example.com", "OMAR@example.com"])
def test_who_has_an_open_invitation_keeps_it(person: Person, larks: Document, again: str) -> None:
    first = invite(person, larks, "omar@example.com")
    before = documents()

    second = invite(person, larks, again, relationship_type="cousin")

    assert (second.status, second.json) == (200, first.json)
    assert documents() == before


def test_an_overdue_invitation_makes_room_for_a_new_one(person: Person, larks: Document) -> None:
    old = new_invitation(larks["_id"], person, "omar@example.com", now=clock.now() - timedelta(days=7))

    answer = invite(person, larks, "omar@example.com")

    assert answer.status == 201
    stored = {each["_id"]: each["status"] for each in documents(*KINDS)["family_invitations"]}
    assert stored == {old["_id"]: "expired", answer.json["invitation_id"]: "pending"}
    (family,) = documents("families")["families"]
    assert [each["invitation_id"] for each in family["open_invitations"]] == [answer.json["invitation_id"]]
    assert len(audit("invitation.expired")) == len(audit("invitation.created")) - 1 == 1


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("identifier", "required"), ("relationship_type", "required")}),
        ({"identifier": "omar", "relationship_type": "child"}, {("identifier", "invalid_format")}),
        ({"identifier": "", "relationship_type": "child"}, {("identifier", "too_short")}),
        ({"identifier": "x" * 255, "relationship_type": "child"}, {("identifier", "too_long")}),
        ({"identifier": 5, "relationship_type": "child"}, {("identifier", "invalid_type")}),
        ({"identifier": {"$gt": ""}, "relationship_type": []}, {("identifier", "invalid_type")}),
        (
            {"identifier": "o@example.com", "identifier_type": "id", "relationship_type": "child"},
            {("identifier_type", "invalid_choice")},
        ),
        (
            {"identifier": "o@example.com", "relationship_type": "child", "role": "admin"},
            {("role", "unknown_field")},
        ),
    ],
)
def test_a_body_against_the_schema_is_refused(
    person: Person, larks: Document, body: Any, faults: set[tuple[str, str]]
) -> None:
    before = documents()

    answer = Api(person).post(f"/family/{larks['_id']}/invite", body)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults >= faults
    assert documents() == before


def test_a_relationship_that_there_is_not_is_refused(person: Person, larks: Document) -> None:
    before = documents()

    answer = invite(person, larks, "omar@example.com", relationship_type="wizard")

    assert answer.problem == (400, "INVALID_RELATIONSHIP")
    (fault,) = answer.json["details"]
    assert (fault["field"], fault["code"]) == ("relationship_type", "invalid_choice")
    assert "grandparent" in fault["message"]
    assert documents() == before


def test_who_cannot_be_invited(person: Person, larks: Document, guest: Person) -> None:
    new_member(larks["_id"], person, guest)
    decliner = new_person("decliner")
    declined = new_invitation(larks["_id"], person, decliner.email)
    joining.decline(declined["_id"], actor=decliner.actor, now=clock.now())
    before = documents()

    cases = [
        (person.email, "email", "self"),
        (person.username, "username", "self"),
        ("nobody-at-all", "username", "unknown_username"),
        (guest.username, "username", "already_member"),
        (guest.email.upper(), "email", "already_member"),
        (decliner.email, "email", "declined_recently"),
    ]
    for identifier, kind, reason in cases:
        answer = invite(person, larks, identifier, identifier_type=kind)
        assert answer.problem == (400, "INVITATION_FAILED")
        assert answer.json["details"] == {"reason": reason}
    assert documents() == before


def test_a_day_after_declining_somebody_can_be_asked_again(
    person: Person, larks: Document, guest: Person
) -> None:
    yesterday = clock.now() - timedelta(hours=24)
    declined = new_invitation(larks["_id"], person, guest.email, now=yesterday)
    joining.decline(declined["_id"], actor=guest.actor, now=yesterday)

    assert invite(person, larks, guest.email).status == 201


def test_members_invite_only_where_the_family_lets_them(
    person: Person, larks: Document, guest: Person
) -> None:
    new_member(larks["_id"], person, guest)
    before = documents()

    refused = invite(guest, larks, "omar@example.com")
    assert refused.problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert documents() == before

    Api(person).put(f"/family/{larks['_id']}", {"settings": {"allow_member_invites": True}})
    assert invite(guest, larks, "omar@example.com").status == 201
    # Whose address a member has is told to admins only.
    assert invite(guest, larks, person.email).status == 201


def test_the_sixth_place_is_refused_and_the_fifth_says_so(person: Person, larks: Document) -> None:
    for number in range(4):
        assert documents("notifications")["notifications"] == []
        assert invite(person, larks, f"omar-{number}@example.com").status == 201
    (notice,) = documents("notifications")["notifications"]
    assert (notice["user_id"], notice["type"]) == (person.id, "upgrade_soon")
    before = documents()

    answer = invite(person, larks, "one-more@example.com")

    assert answer.problem == (403, "MEMBER_LIMIT_EXCEEDED")
    facts = {"limit": 5, "members": 1, "pending_invitations": 4, "upgrade_required": True}
    assert answer.json["details"] == facts
    assert documents() == before


def test_an_expired_invitation_holds_no_place(person: Person, larks: Document) -> None:
    for number in range(4):
        at = clock.now() - timedelta(days=7)
        new_invitation(larks["_id"], person, f"omar-{number}@example.com", now=at)

    assert invite(person, larks, "one-more@example.com").status == 201


def test_an_address_with_an_account_is_treated_like_one_without(
    person: Person, larks: Document, guest: Person
) -> None:
    shapes = []
    for address in (guest.email, "nobody@example.com"):
        with commands.recorded() as sent:
            answer = invite(person, larks, address)
        kept = collection("family_invitations").find_one({"_id": answer.json["invitation_id"]}) or {}
        varying = {"invitation_id", "created_at", "expires_at", "invitee_email"}
        told = {name: each for name, each in answer.json.items() if name not in varying}
        stored = {name: type(each) for name, each in kept.items()}
        shapes.append((answer.status, sorted(answer.headers), told, commands.steps(sent), stored))

    shapes[0][3].remove("aggregate sessions")  # the caller's, looked up by the first call
    assert shapes[0] == shapes[1]
    assert documents("notifications")["notifications"] == []


def test_a_key_that_is_sent_again_invites_once(person: Person, larks: Document) -> None:
    path, key = f"/family/{larks['_id']}/invite", {replays.HEADER: "invite-omar"}
    body = {"identifier": "omar@example.com", "relationship_type": "child"}
    first = Api(person).post(path, body, **key)
    before = documents()

    second = Api(person).post(path, body, **key)

    assert (first.status, second.status) == (201, 201)
    assert (second.json, second.headers[replays.REPLAYED]) == (first.json, "true")
    assert documents() == before
    other = Api(person).post(path, {**body, "identifier": "wren@example.com"}, **key)
    assert other.problem == (409, "IDEMPOTENCY_KEY_REUSED")


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
def test_inviting_needs_a_confirmed_address_where_that_is_required(person: Person, larks: Document) -> None:
    before = documents()

    assert invite(person, larks, "omar@example.com").problem == (403, "EMAIL_NOT_CONFIRMED")
    assert documents() == before

    collection("users").update({"_id": person.id}, {"$set": {"email_confirmed_at": clock.now()}})
    assert invite(person, larks, "omar@example.com").status == 201


def test_what_staff_would_see_of_the_link_is_a_dummy() -> None:
    assert emails.SAMPLE["page_url"].endswith(f"/{emails.DUMMY_TOKEN}/accept")
