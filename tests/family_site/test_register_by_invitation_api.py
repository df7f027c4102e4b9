"""Signing up through the link of an invitation. Source: HTTP contract, sections 5, 11 and 18 (rule 14)."""

from datetime import timedelta

import pytest

from families.actions import inviting, joining
from families.invitations.rules import InvitationStatus
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import PASSWORD, Person, new_family, new_invitation, token_of

ADDRESS = "omar@example.com"


def sign_up(token: str | None, email: str = ADDRESS) -> Answer:
    body = {"username": "omar", "email": email, "password": PASSWORD}
    return Api().post("/auth/register", body | ({} if token is None else {"invitation_token": token}))


def is_confirmed() -> bool:
    (user,) = [each for each in documents("users")["users"] if each["username"] == "omar"]
    return user["email_confirmed_at"] is not None


@pytest.fixture
def invitation(person: Person) -> Document:
    return new_invitation(new_family(person)["_id"], person, "Omar@example.com")


def test_the_mailed_link_confirms_the_address_it_was_mailed_to(invitation: Document) -> None:
    answer = sign_up(token_of(invitation))

    assert (answer.status, answer.json["is_verified"], is_confirmed()) == (201, True, True)
    # Accepting is an act of its own.
    (kept,) = documents("family_invitations")["family_invitations"]
    assert kept["status"] == InvitationStatus.PENDING


@pytest.mark.parametrize("token", [None, "x", "x" * 43, "$ne"])
def test_without_a_good_link_nothing_is_confirmed(invitation: Document, token: str | None) -> None:
    answer = sign_up(token)

    assert (answer.status, answer.json["is_verified"], is_confirmed()) == (201, False, False)
    assert invitation["status"] == InvitationStatus.PENDING


def test_another_address_is_not_confirmed(invitation: Document) -> None:
    assert sign_up(token_of(invitation), "wren@example.com").json["is_verified"] is False


def test_a_link_that_the_inviter_saw_confirms_nothing(person: Person, invitation: Document) -> None:
    made = inviting.hand_over(invitation["family_id"], invitation["_id"], actor=person.actor, now=clock.now())

    assert sign_up(token_of(made.invitation)).json["is_verified"] is False


def test_a_link_that_is_over_confirms_nothing(person: Person, invitation: Document) -> None:
    joining.decline_by_link(token_of(invitation), actor=Actor.system("tests"), now=clock.now())
    assert sign_up(token_of(invitation)).json["is_verified"] is False

    at = clock.now() - timedelta(days=7)
    overdue = new_invitation(invitation["family_id"], person, "wren@example.com", now=at)
    body = {"username": "wren", "email": "wren@example.com", "password": PASSWORD}
    answer = Api().post("/auth/register", body | {"invitation_token": token_of(overdue)})
    assert answer.json["is_verified"] is False


def test_a_link_of_a_username_confirms_nothing(person: Person, stranger: Person) -> None:
    by_name = new_invitation(new_family(person)["_id"], person, stranger.username)

    assert sign_up(token_of(by_name)).json["is_verified"] is False


@pytest.mark.parametrize(("token", "code"), [("", "too_short"), ("x" * 129, "too_long"), (5, "invalid_type")])
def test_what_is_no_token_at_all_is_refused(token: str, code: str) -> None:
    before = documents()

    assert sign_up(token).faults == {("invitation_token", code)}
    assert documents() == before
