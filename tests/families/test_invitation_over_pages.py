"""An invitation in a browser that can no longer be answered, or whose family cannot be joined."""

from collections.abc import Callable

import pytest
from django.test import override_settings

from families.actions import inviting, joining
from ops import clock
from ops.mongo.collections import Document, collection
from tests.database import documents
from tests.factories import Person, new_family, new_invitation, new_member, token_of
from tests.visitor import Shown, Visitor

End = Callable[[Document, Person, Person], None]


def link(invitation: Document, action: str = "accept") -> str:
    return f"/family/invitation/{token_of(invitation)}/{action}"


def told(page: Shown) -> tuple[int, str]:
    return page.status, page.heading


def expired(sent: Document, _founder: Person, _guest: Person) -> None:
    over = {"$set": {"expires_at": clock.now()}}
    collection("family_invitations").update({"_id": sent["_id"]}, over)


def cancelled(sent: Document, founder: Person, _guest: Person) -> None:
    inviting.cancel(sent["family_id"], sent["_id"], actor=founder.actor, now=clock.now())


def answered(sent: Document, _founder: Person, guest: Person) -> None:
    joining.accept(sent["_id"], actor=guest.actor, now=clock.now())


def replaced(sent: Document, founder: Person, _guest: Person) -> None:
    inviting.resend(sent["family_id"], sent["_id"], actor=founder.actor, now=clock.now())


@pytest.mark.parametrize(
    ("ended", "heading"),
    [
        (expired, "This invitation has expired"),
        (cancelled, "This invitation was taken back"),
        (answered, "This invitation has been answered"),
        (replaced, "There is no invitation here"),
    ],
)
def test_what_is_over_is_said_kindly(
    sent: Document, person: Person, guest: Person, ended: End, heading: str
) -> None:
    visitor = Visitor(guest)
    token = visitor.open(link(sent, "decline")).forms[0].fields["csrfmiddlewaretoken"]
    ended(sent, person, guest)
    before = documents()

    paths = [link(sent, action) for action in ("accept", "decline")]
    pages = [who.open(path) for who in (visitor, Visitor()) for path in paths]
    pages += [visitor.send(path, {"csrfmiddlewaretoken": token}) for path in paths]

    assert [told(page) for page in pages] == [(404, heading)] * 6
    assert ["Larks" in page.text for page in pages] == [False] * 6
    assert documents() == before


def test_a_full_family_is_said_kindly(sent: Document, larks: Document, guest: Person) -> None:
    visitor = Visitor(guest)
    page = visitor.open(link(sent))
    full = [{"user_id": f"user_{each}", "role": "member", "joined_at": clock.now()} for each in range(4)]
    collection("families").update({"_id": larks["_id"]}, {"$push": {"members": {"$each": full}}})
    before = documents()

    page = visitor.press(page, "Accept")

    assert told(page) == (403, "The family has no room right now")
    assert documents() == before


def test_who_belongs_to_as_many_families_as_they_may_is_told_so(sent: Document, guest: Person) -> None:
    visitor = Visitor(guest)
    new_family(guest)

    with override_settings(MAX_MEMBERSHIPS=1):
        page = visitor.press(visitor.open(link(sent)), "Accept")

    assert told(page) == (403, "You belong to as many families as you may")
    assert "You may belong to 1 families at most." in page.text


def test_who_is_in_already_is_told_so(sent: Document, person: Person, larks: Document, guest: Person) -> None:
    visitor = Visitor(guest)
    page = visitor.open(link(sent))
    new_member(larks["_id"], person, guest)

    page = visitor.press(page, "Accept")

    assert told(page) == (404, "This invitation was taken back")
    assert page.links["Your families"] == "/welcome"


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
def test_who_has_not_confirmed_their_address_is_told_how(
    person: Person, larks: Document, guest: Person
) -> None:
    collection("users").update({"_id": person.id}, {"$set": {"email_confirmed_at": clock.now()}})
    sent, visitor = new_invitation(larks["_id"], person, guest.email), Visitor(guest)
    page = visitor.open(link(sent))
    before = documents()

    page = visitor.press(page, "Accept")

    assert told(page) == (403, "First confirm your address")
    assert page.links["Have the link sent again"] == "/confirm-address"
    assert page.links["Back to the invitation"] == link(sent)
    assert documents() == before
