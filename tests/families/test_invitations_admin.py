"""Invitations in the console: found by family, address and time left; cancelled, mailed again, expired."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.mongo.collections import Document, collection
from tests.api import Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import Person, new_family, new_invitation, new_staff, token_of

LIST = "/admin/invitations/familyinvitation/"


@pytest.fixture
def sent(person: Person) -> Document:
    """An invitation to an address."""
    return new_invitation(new_family(person)["_id"], person, "ida@example.com")


@pytest.fixture
def support() -> Console:
    return Console(new_staff(Role.SUPPORT))


def page(invitation: Document) -> str:
    return f"{LIST}{invitation['_id'].replace('_', '_5F')}/change/"


def stored(invitation: Document) -> Document:
    (found,) = documents("family_invitations")["family_invitations"]
    assert found["_id"] == invitation["_id"]
    return found


@pytest.mark.parametrize(
    "search",
    [
        *("?q=ida@example.com", "?q=IDA@example.com", "?q={id}", "?q={family}", "?family={family}"),
        *("?status=pending", "?family={family}&status=pending", "?expires=week&family={family}"),
    ],
)
def test_an_invitation_is_found_by_what_people_know_of_it(
    support: Console, sent: Document, search: str
) -> None:
    address = LIST + search.format(id=sent["_id"], family=sent["family_id"])

    assert len(support.get(address).rows) == 1


@pytest.mark.parametrize(("within", "found"), [("overdue", 0), ("day", 0), ("two", 1), ("week", 1)])
def test_what_ends_soon_is_found_by_the_time_left(
    support: Console, sent: Document, within: str, found: int
) -> None:
    ends = clock.now() + timedelta(hours=47)
    collection("family_invitations").update({"_id": sent["_id"]}, {"$set": {"expires_at": ends}})

    assert len(support.get(f"{LIST}?expires={within}").rows) == found


def test_the_page_tells_who_invites_whom_and_never_the_link(support: Console, sent: Document) -> None:
    shown = support.get(page(sent))

    assert shown.status == 200
    assert "ida@example.com" in shown.text
    assert sent["inviter_username"] in shown.text
    assert token_of(sent) not in shown.html
    assert sent["link"]["digest"] not in shown.html


@pytest.mark.parametrize(("action", "status"), [("cancel", "cancelled"), ("expire", "expired")])
def test_what_staff_end_has_ended_and_its_place_is_free(
    support: Console, api: Callable[..., Api], sent: Document, action: str, status: str
) -> None:
    before = audit()

    support.confirm(page(sent), action, reason="asked for by mail")

    assert stored(sent)["status"] == status
    assert documents("families")["families"][0]["open_invitations"] == []
    (entry,) = [each for each in audit() if each not in before]
    assert (entry["action"], entry["private"]["reason"]) == (f"invitation.{status}", "asked for by mail")
    link = f"/family/invitation/{token_of(sent)}/accept"
    assert api().get(link).problem == (404, "INVITATION_NOT_FOUND")
    support.confirm(page(sent), action, reason="once more, by mistake")
    assert len(audit()) == len(before) + 1


def test_an_overdue_one_is_marked_with_its_own_end(support: Console, sent: Document) -> None:
    ended = clock.now() - timedelta(hours=1)
    collection("family_invitations").update({"_id": sent["_id"]}, {"$set": {"expires_at": ended}})

    support.confirm(page(sent), "expire", reason="the job was late")

    found = stored(sent)
    assert (found["status"], found["expires_at"]) == ("expired", ended.replace(tzinfo=None))


def test_what_staff_mail_again_has_a_new_link(support: Console, sent: Document) -> None:
    mails = len(documents("email_outbox")["email_outbox"])

    support.confirm(page(sent), "resend", reason="the mail was lost")

    found = stored(sent)
    assert (found["resend_count"], found["status"]) == (1, "pending")
    assert found["link"]["digest"] != sent["link"]["digest"]
    assert len(documents("email_outbox")["email_outbox"]) == mails + 1


def test_the_familys_page_shows_what_is_pending(support: Console, sent: Document) -> None:
    family = f"/admin/families/family/{sent['family_id'].replace('_', '_5F')}/change/"

    assert "ida@example.com" in support.get(family).text
