"""Signing in, up and out in a browser: the pages, and what their cookie opens."""

from typing import Any

import pytest
from django.conf import settings

from family_site.identity.actions import disabling
from family_site.identity.actions.sessions import end_sessions
from ops import clock
from ops.actors import Actor
from ops.redis import store
from tests.api import Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_person
from tests.visitor import Shown, Visitor

WRONG = "Name, password or code is wrong."
NOWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "///elsewhere.example",
    "/\\elsewhere.example",
    "/\t/elsewhere.example",
    "/%09/elsewhere.example",
    "\\\\elsewhere.example",
    "javascript:alert(1)",
    " /welcome",
    "/welcome\r\nSet-Cookie: x=y",
    "elsewhere.example",
    "/welcome?next=//elsewhere.example",
    "http:elsewhere.example",
    "/" + "x" * 500,
    "/wélcome",
    '/"><script>',
)


def browser_sessions() -> list[dict[str, Any]]:
    return [each for each in documents("sessions")["sessions"] if each["kind"] == "browser"]


# In -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["{0.username}", "{0.email}", " {0.username} ", "PERSON@example.com"])
def test_one_signs_in_by_name_or_address(typed: str) -> None:
    person = new_person("person")

    page = Visitor().sign_in(typed.format(person))

    assert (page.status, page.heading) == (200, "Your families")
    assert "Signed in as person" in page.text
    (session,) = browser_sessions()
    assert session["user_id"] == person.id
    (entry,) = [each for each in audit("session.opened") if each["target"] == session["_id"]]
    assert (entry["actor"], entry["actor_kind"]) == (person.id, "user")


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("person", "wrong"), ("nobody", PASSWORD), ("nobody@example.com", PASSWORD), ('{"$gt": ""}', PASSWORD)],
)
def test_a_wrong_name_or_password_opens_nothing_and_never_says_which(identifier: str, password: str) -> None:
    new_person("person")
    visitor = Visitor()

    page = visitor.sign_in(identifier, password)

    assert (page.status, page.heading) == (401, "Sign in")
    assert page.text.count(WRONG) == 1
    assert page.inputs["password"].get("value") is None
    assert browser_sessions() == []
    assert not visitor.is_signed_in


def test_failures_are_counted_with_those_of_the_api(person: Person) -> None:
    body = {"username": person.username, "password": "wrong"}
    statuses = [Api().post("/auth/login", body).status for _ in range(3)]
    visitor = Visitor()
    statuses += [visitor.sign_in(person.username, "wrong").status for _ in range(2)]

    page = visitor.sign_in(person.username)

    assert statuses == [401] * 5
    assert page.status == 429
    assert "That was too often; please wait 15 minutes." in page.text
    assert 14 * 60 < int(page.headers["Retry-After"]) <= 15 * 60
    assert Api().post("/auth/login", body | {"password": PASSWORD}).status == 429


def test_a_disabled_user_is_told_so_only_after_the_right_password(person: Person) -> None:
    disabling.disable(person.id, actor=Actor.shell(), now=clock.now(), reason="for a test")

    assert WRONG in Visitor().sign_in(person.username, "wrong").text
    page = Visitor().sign_in(person.username)

    assert page.status == 403
    assert "This user has been disabled." in page.text
    assert browser_sessions() == []


def test_a_session_ends_with_everything_that_ends_sessions(person: Person) -> None:
    def disable() -> None:
        disabling.disable(person.id, actor=Actor.shell(), now=clock.now(), reason="for a test")

    def revoke() -> None:
        end_sessions({"user_id": person.id}, actor=Actor.system("tests"), now=clock.now())

    for end in (revoke, store().flushall, disable):
        visitor = Visitor(person)
        assert visitor.is_signed_in
        end()
        assert visitor.is_signed_in is (end == store().flushall)


def test_the_key_of_a_session_is_made_at_sign_in(person: Person) -> None:
    visitor = Visitor()
    visitor.take_cookie("chosen-by-somebody-else")

    visitor.sign_in(person.username)

    cookie = visitor.client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie.value not in {"", "chosen-by-somebody-else"}
    assert cookie.value not in repr(documents())


def test_another_person_at_the_same_browser_gets_a_session_of_their_own(
    person: Person, stranger: Person
) -> None:
    visitor = Visitor(person)
    assert f"You are signed in as {person.username}" in visitor.open("/sign-in").text

    page = visitor.sign_in(stranger.username)

    assert f"Signed in as {stranger.username}" in page.text
    assert {each["user_id"]: each["revoked_at"] is None for each in browser_sessions()} == {
        person.id: False,
        stranger.id: True,
    }


def test_a_sign_in_from_a_new_device_is_told_as_one_of_the_api_is(person: Person) -> None:
    Api(user_agent="curl/8").post("/auth/login", {"username": person.username, "password": PASSWORD})

    Visitor(person)

    assert [each["template"] for each in documents("email_outbox")["email_outbox"]] == ["security"]


# What the cookie opens ----------------------------------------------------------------------------


def test_who_is_not_staff_stays_outside_the_console(person: Person) -> None:
    visitor = Visitor(person)

    page = visitor.open("/admin/")

    assert (page.status, page.goes_to) == (302, "/admin/login/?next=/admin/")
    assert "but are not authorized" in visitor.open("/admin/login/").text


def test_who_is_staff_is_signed_in_on_the_pages_as_on_the_console() -> None:
    staff = new_person("operator", is_staff=True)
    visitor, console = Visitor(), Console(staff)
    visitor.client.cookies = console.client.cookies

    assert visitor.is_signed_in


@pytest.mark.parametrize(
    "path", ["/auth/me", "/family/my-families", "/family/my-invitations", "/auth/sessions"]
)
def test_the_cookie_is_no_sign_in_for_a_call_of_the_api(person: Person, path: str) -> None:
    cookie = Visitor(person).client.cookies[settings.SESSION_COOKIE_NAME].value

    for accept in ("*/*", "text/html"):
        answer = Api(cookie=f"{settings.SESSION_COOKIE_NAME}={cookie}", accept=accept).get(path)
        assert answer.status in {401, 406}


# Back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", NOWHERE)
def test_the_way_back_never_leads_elsewhere(person: Person, wanted: str) -> None:
    visitor = Visitor()
    form = visitor.open("/sign-in").form("Sign in").fields
    typed = {"identifier": person.username, "password": PASSWORD, "next": wanted}

    assert visitor.send("/sign-in", {**form, **typed}).goes_to == "/welcome"
    form = visitor.open("/sign-out").form("Sign out").fields
    assert visitor.send("/sign-out", {**form, "next": wanted}).goes_to == "/sign-in"


@pytest.mark.parametrize("wanted", NOWHERE)
def test_no_page_takes_up_a_way_elsewhere(wanted: str) -> None:
    visitor = Visitor()

    for path in ("/sign-in", "/sign-up", "/sign-out"):
        page = Shown(visitor.client.get(path, {"next": wanted, "invitation": '"><script>'}))
        assert page.status == 200
        assert wanted not in page.html
        assert "next" not in page.inputs
        assert "<script" not in page.html


# Out ----------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_and_leaves_one_entry(person: Person) -> None:
    visitor = Visitor(person)
    kept = visitor.client.cookies[settings.SESSION_COOKIE_NAME].value

    page = visitor.press(visitor.open("/sign-out"), "Sign out")
    visitor.take_cookie(kept)

    assert page.heading == "Sign in"
    assert not visitor.is_signed_in
    (entry,) = audit("session.revoked")
    (session,) = browser_sessions()
    assert (entry["actor"], entry["actor_kind"], entry["target"]) == (person.id, "user", session["_id"])


def test_signing_out_twice_leaves_one_entry(person: Person) -> None:
    visitor = Visitor(person)
    page = visitor.open("/sign-out")

    visitor.press(page, "Sign out")
    visitor.send("/sign-out", visitor.open("/sign-in").form("Sign in").fields)

    assert len(audit("session.revoked")) == 1
