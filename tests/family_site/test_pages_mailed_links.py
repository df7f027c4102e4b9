"""What mailed links of identity open in a browser: confirming an address, choosing a new password."""

from datetime import timedelta

import pytest

from family_site.identity.actions import asking, confirming, passwords
from ops import clock, links
from ops.actors import Actor
from ops.links import Link, LinkKind
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.visitor import Visitor

NEW = "Other-Long-8?"


def mailed(person: Person, kind: LinkKind) -> str:
    """Ask for a link and return its token, as the mail would have it."""
    asking.ask(kind, person.email, actor=Actor.system("tests"), now=clock.now())
    assert asking.answer_all(now=clock.now()) == 1
    (challenge,) = [each for each in documents("challenges")["challenges"] if each["kind"] == str(kind)]
    token = links.token(kind, challenge["_id"], Link(**challenge["link"]))
    assert token is not None
    return token


def is_confirmed(person: Person) -> bool:
    (user,) = [each for each in documents("users")["users"] if each["_id"] == person.id]
    return user["email_confirmed_at"] is not None


# Confirming ---------------------------------------------------------------------------------------


def test_an_address_is_confirmed_by_the_button_and_not_by_looking(person: Person) -> None:
    visitor, token = Visitor(), mailed(person, LinkKind.CONFIRM_EMAIL)
    before = documents()

    page = visitor.open(f"/auth/verify-email?token={token}")
    assert page.heading == "Confirm your address"
    assert documents() == before
    page = visitor.press(page, "Confirm the address")

    assert (page.status, page.heading) == (200, "Your address is confirmed")
    assert is_confirmed(person)
    (entry,) = audit("email.confirmed")
    assert entry["actor"] == person.id


def test_the_page_is_the_same_for_any_token_and_name(person: Person) -> None:
    token, visitor = mailed(person, LinkKind.CONFIRM_EMAIL), Visitor()

    texts = {visitor.open(f"/auth/verify-email?token={each}").text for each in (token, "x" * 43)}
    names = {visitor.open(f"/auth/verify-email?username={each}").text for each in (person.username, "no")}

    assert (len(texts), len(names)) == (1, 1)


def test_a_used_link_says_so_and_leads_to_another(person: Person) -> None:
    token, visitor = mailed(person, LinkKind.CONFIRM_EMAIL), Visitor()
    page = visitor.open(f"/auth/verify-email?token={token}")
    confirming.confirm(token, actor=Actor.system("tests"), now=clock.now())
    before = documents()

    page = visitor.press(page, "Confirm the address")

    assert (page.status, page.heading) == (400, "This link is over")
    assert page.links["Ask for a new link"] == "/confirm-address"
    assert documents() == before


def test_programs_get_json_at_the_same_path(person: Person) -> None:
    token = mailed(person, LinkKind.CONFIRM_EMAIL)

    assert Api().get(f"/auth/verify-email?token={token}").json.keys() == {"message"}
    assert Api().post("/auth/verify-email", {"token": token}).status == 200
    assert Api().get("/auth/reset-password").problem == (405, "METHOD_NOT_ALLOWED")


# Asking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/forgot-password", "/confirm-address"])
def test_the_answer_is_the_same_whoever_has_the_address(person: Person, path: str) -> None:
    visitor = Visitor()
    answers = [
        visitor.press(visitor.open(path), "Send the link", email=each)
        for each in (person.email, "nobody@example.com")
    ]

    assert [each.heading for each in answers] == ["Look into your mailbox"] * 2
    assert len({each.html for each in answers}) == 1
    asked = {each["address"] for each in documents("link_requests")["link_requests"]}
    assert asked == {person.email, "nobody@example.com"}


@pytest.mark.parametrize("path", ["/forgot-password", "/confirm-address"])
def test_asking_too_often_is_refused(person: Person, path: str) -> None:
    visitor = Visitor()
    answers = [visitor.press(visitor.open(path), "Send the link", email=person.email) for _ in range(6)]

    assert [each.status for each in answers] == [200] * 5 + [429]
    assert "That was too often; please wait 60 minutes." in answers[-1].text


# A new password -----------------------------------------------------------------------------------


def test_a_new_password_is_chosen_by_the_link_and_ends_every_session(person: Person) -> None:
    signed_in, visitor = Visitor(person), Visitor()
    page = visitor.open(f"/auth/reset-password?token={mailed(person, LinkKind.RESET_PASSWORD)}")
    assert page.heading == "Choose a new password"
    assert f"For {person.username}" in page.text

    page = visitor.press(page, "Set the password", new_password=NEW)

    assert (page.status, page.heading) == (200, "Your password is changed")
    assert not signed_in.is_signed_in
    assert Visitor().sign_in(person.username).status == 401
    assert Visitor().sign_in(person.username, NEW).heading == "Your families"


def test_a_weak_password_leaves_the_link_good(person: Person) -> None:
    visitor = Visitor()
    page = visitor.open(f"/auth/reset-password?token={mailed(person, LinkKind.RESET_PASSWORD)}")

    weak = visitor.press(page, "Set the password", new_password="password1")
    assert (weak.status, weak.heading) == (400, "Choose a new password")
    assert "An upper-case letter is needed." in weak.text

    assert visitor.press(weak, "Set the password", new_password=NEW).heading == "Your password is changed"


@pytest.mark.parametrize("case", ["unknown", "used", "late", "of another kind", "none"])
def test_a_link_that_is_over_changes_nothing(person: Person, case: str) -> None:
    kind = LinkKind.CONFIRM_EMAIL if case == "of another kind" else LinkKind.RESET_PASSWORD
    token = mailed(person, kind)
    if case == "used":
        passwords.reset_password(token, NEW, actor=Actor.system("tests"), now=clock.now())
    if case == "late":
        over = {"$set": {"expires_at": clock.now() - timedelta(seconds=1)}}
        collection("challenges").update({"user_id": person.id}, over)
    token = {"unknown": "x" * 43, "none": ""}.get(case, token)
    visitor, before = Visitor(), documents()

    page = visitor.open(f"/auth/reset-password?token={token}")
    csrf = visitor.open("/sign-in").form("Sign in").fields["csrfmiddlewaretoken"]
    fields = {"csrfmiddlewaretoken": csrf, "token": token, "new_password": PASSWORD}
    sent = visitor.send("/auth/reset-password", fields)

    assert (page.status, page.heading) == (sent.status, sent.heading) == (400, "This link is over")
    assert page.links["Ask for a new link"] == "/forgot-password"
    assert documents() == before
