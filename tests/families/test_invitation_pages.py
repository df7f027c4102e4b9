"""An invitation in a browser: who invites whom to what, accept, decline, and what keeps one from it."""

import re

import pytest
from django.conf import settings
from django.test import Client, override_settings

from families.actions import inviting
from family_site.identity.actions.confirming import confirm_by_staff
from ops import clock
from ops.mongo.collections import Document
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_family, new_invitation, token_of
from tests.visitor import ACCEPT, Visitor
from tests.world import TESTS

INSIDE = "You are in the family Larks"
NEWCOMER = {"username": "newcomer", "email": "New@Example.com", "password": PASSWORD}
FOREIGN = r"<script|style=|https?://|(?<=[\"'])//"


def link(invitation: Document, action: str = "accept") -> str:
    return f"/family/invitation/{token_of(invitation)}/{action}"


def status_of(invitation: Document) -> str:
    stored = {each["_id"]: each for each in documents("family_invitations")["family_invitations"]}
    return str(stored[invitation["_id"]]["status"])


def member_ids() -> list[str]:
    (stored,) = documents("families")["families"]
    return [each["user_id"] for each in stored["members"]]


# Looking ------------------------------------------------------------------------------------------


def test_the_page_says_who_invites_whom_to_what_and_until_when(
    sent: Document, person: Person, guest: Person
) -> None:
    page = Visitor().open(link(sent))

    assert page.status == 200
    assert page.heading == f"{person.username} invites you to the family Larks"
    assert f"sibling of {person.username}" in page.text
    assert "g…@example.com" in page.text
    assert guest.email not in page.html
    assert f"{sent['expires_at']:%-d %B %Y, %H:%M} UTC" in page.text


@pytest.mark.parametrize("name", ["L & <b>S</b> \"'{{ x }}", "</h1><script>alert(1)</script>", "' onx='"])
def test_a_name_is_text_wherever_it_is_shown(person: Person, guest: Person, name: str) -> None:
    sent, visitor = new_invitation(new_family(person, name)["_id"], person, guest.email), Visitor(guest)
    pages = [visitor.open(link(sent)), visitor.open(link(sent, "decline"))]
    pages.append(visitor.press(pages[0], "Accept"))
    pages.append(visitor.open("/welcome"))

    assert [name in page.text for page in pages] == [True] * 4
    assert [page.html.count("<b>") + page.html.count("<script") for page in pages] == [0] * 4


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("action", ["accept", "decline"])
def test_looking_changes_nothing_for_nobody(
    sent: Document, guest: Person, stranger: Person, method: str, action: str
) -> None:
    visitors = [Visitor(), Visitor(guest), Visitor(stranger)]
    before = documents()

    answers = [each.open(link(sent, action), method=method) for each in visitors]

    assert [each.status for each in answers] == [405 if method == "OPTIONS" else 200] * 3
    assert documents() == before
    assert visitors[0].cookies <= {"sbd_csrf"}


def test_a_page_with_a_token_is_kept_by_nobody_told_to_nobody_and_runs_nothing(sent: Document) -> None:
    for path in (link(sent), link(sent, "decline"), "/family/invitation/unknown/accept"):
        page = Visitor().open(path)

        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Vary"].split(", ").count("Accept") == 1
        policy = page.headers["Content-Security-Policy"].split("; ")
        assert policy[:3] == ["default-src 'none'", "style-src 'self'", "img-src 'self'"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert re.findall(FOREIGN, page.html) == []


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (ACCEPT, "text/html"),
        ("text/html", "text/html"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.9", "application/json"),
        ("text/html;q=0.1, application/json;q=0", "text/html"),
    ],
)
def test_the_same_path_answers_browsers_and_programs(sent: Document, accept: str, kind: str) -> None:
    answer = Client(headers={"accept": accept}).get(link(sent))

    assert answer.status_code == 200
    assert answer["Content-Type"].partition(";")[0] == kind


# Accepting ----------------------------------------------------------------------------------------


def test_the_invitee_accepts_and_sees_who_is_in(sent: Document, guest: Person, person: Person) -> None:
    visitor = Visitor(guest)

    page = visitor.press(visitor.open(link(sent)), "Accept")

    assert page.status == 200
    assert page.heading == INSIDE
    assert f"Members {person.username} admin guest (you) member What comes next" in page.text
    assert status_of(sent) == "accepted"
    assert member_ids() == [person.id, guest.id]
    (entry,) = audit("invitation.accepted")
    (session,) = [each for each in documents("sessions")["sessions"] if each["kind"] == "browser"]
    assert (entry["actor"], entry["actor_kind"]) == (guest.id, "user")
    assert entry["private"]["user_agent"] == session["user_agent"] == "Mozilla/5.0 Firefox/140.0"


def test_an_invitation_by_username_is_accepted_alike(person: Person, larks: Document, guest: Person) -> None:
    sent, visitor = new_invitation(larks["_id"], person, guest.username), Visitor(guest)

    page = visitor.press(visitor.open(link(sent)), "Accept")

    assert page.heading == INSIDE


def test_who_has_no_account_signs_up_by_the_way_and_the_address_is_confirmed(
    person: Person, larks: Document
) -> None:
    confirm_by_staff(person.id, actor=TESTS, now=clock.now(), reason="so that mails reach the inviter")
    sent, visitor = new_invitation(larks["_id"], person, "new@example.com"), Visitor()
    entrance = visitor.press(visitor.open(link(sent)), "Sign in to accept")
    assert entrance.heading == "Sign in"
    sign_up = visitor.open(entrance.links["Sign up"])
    assert "new@example.com" not in sign_up.html

    back = visitor.press(sign_up, "Sign up", **NEWCOMER)
    assert back.heading == f"{person.username} invites you to the family Larks"
    with override_settings(REQUIRE_CONFIRMED_EMAIL=True):
        page = visitor.press(back, "Accept")

    assert page.heading == INSIDE
    (user,) = [each for each in documents("users")["users"] if each["username"] == "newcomer"]
    assert user["email_confirmed_at"] is not None
    mails = {each["template"] for each in documents("email_outbox")["email_outbox"]}
    assert mails == {"invitation", "invitation_accepted"}


def test_a_link_that_was_handed_over_confirms_no_address(person: Person, larks: Document) -> None:
    sent = new_invitation(larks["_id"], person, "new@example.com")
    handed = inviting.hand_over(larks["_id"], sent["_id"], actor=person.actor, now=clock.now()).invitation
    visitor = Visitor()
    back = visitor.press(visitor.open(visitor.open(link(handed)).links["Sign up"]), "Sign up", **NEWCOMER)

    with override_settings(REQUIRE_CONFIRMED_EMAIL=True):
        page = visitor.press(back, "Accept")

    assert (page.status, page.heading) == (403, "First confirm your address")
    assert status_of(sent) == "pending"


def test_who_is_signed_in_as_somebody_else_is_told_so_and_comes_back(
    sent: Document, person: Person, stranger: Person, guest: Person
) -> None:
    visitor = Visitor(stranger)
    page = visitor.open(link(sent))
    assert "This invitation is for somebody else." in page.text
    assert (
        f"You are signed in as {stranger.username} ; it was sent to the address g…@example.com" in page.text
    )

    page = visitor.press(page, "Sign out and return")
    assert page.heading == f"{person.username} invites you to the family Larks"
    assert not visitor.is_signed_in
    page = visitor.press(page, "Sign in to accept")
    page = visitor.press(page, "Sign in", identifier=guest.email, password=PASSWORD)
    assert visitor.press(page, "Accept").heading == INSIDE
    assert member_ids() == [person.id, guest.id]


def test_who_is_signed_in_as_somebody_else_cannot_accept(sent: Document, stranger: Person) -> None:
    visitor = Visitor(stranger)
    token = visitor.open(link(sent)).forms[0].fields["csrfmiddlewaretoken"]
    before = documents()

    page = visitor.send(link(sent), {"csrfmiddlewaretoken": token})

    assert page.status == 403
    assert "This invitation is for somebody else." in page.text
    assert documents() == before


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_a_form_from_elsewhere_is_refused(sent: Document, guest: Person, action: str) -> None:
    visitor = Visitor(guest)
    before = documents()

    page = visitor.send(link(sent, action), {})

    assert (page.status, page.heading) == (403, "This form was not taken")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert documents() == before


def test_the_cookie_signs_in_no_call_of_the_api(sent: Document, guest: Person) -> None:
    visitor = Visitor(guest)
    cookie = visitor.client.cookies[settings.SESSION_COOKIE_NAME].value
    before = documents()

    for accept in ("application/json", "*/*"):
        answer = Api(cookie=f"{settings.SESSION_COOKIE_NAME}={cookie}", accept=accept).post(link(sent))
        assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
    assert documents() == before


# Declining ----------------------------------------------------------------------------------------


def test_whoever_has_the_link_declines(sent: Document) -> None:
    visitor = Visitor()

    page = visitor.press(visitor.open(link(sent, "decline")), "Decline")

    assert (page.status, page.heading) == (200, "You have declined")
    assert status_of(sent) == "declined"
    (entry,) = audit("invitation.declined")
    assert entry["actor_kind"] == "anonymous"
