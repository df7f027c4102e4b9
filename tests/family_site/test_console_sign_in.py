"""Signing in to the console and out of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from family_site.identity.actions.passwords import set_password
from family_site.identity.actions.sessions import end_sessions
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.redis import store
from tests.console import LIST, Console
from tests.database import documents
from tests.factories import PASSWORD, Person, new_person

NEW_PASSWORD = "Other-Long-8?"
WRONG = "Name or password is wrong."


@pytest.fixture
def staff() -> Person:
    return new_person("operator", is_staff=True)


def sessions_of(person: Person) -> list[dict[str, Any]]:
    every = documents("sessions")["sessions"]
    return [each for each in every if each["kind"] == "browser" and each["user_id"] == person.id]


def entries(action: str) -> list[dict[str, Any]]:
    every = documents("audit_log")["audit_log"]
    return [each for each in every if each["action"] == action and each["after"].get("kind") == "browser"]


def is_inside(console: Console) -> bool:
    page = console.get("/admin/")
    assert page.goes_to in {"", "/admin/login/?next=/admin/"}
    return page.status == 200


def test_signing_in_opens_one_session_and_leaves_one_entry(staff: Person) -> None:
    console = Console(staff, user_agent="Firefox")

    (session,) = sessions_of(staff)
    (entry,) = entries("session.opened")
    assert is_inside(console)
    assert (session["address"], session["user_agent"]) == ("127.0.0.1", "Firefox")
    assert session["expires_at"] - session["last_seen_at"] == timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert (entry["actor"], entry["actor_kind"], entry["target"]) == (staff.id, "staff", session["_id"])
    known = {"address": "127.0.0.1", "user_agent": "Firefox", "session_id": session["_id"]}
    assert entry["private"] == known
    assert entry["after"] == {"kind": "browser", "user_id": staff.id}
    assert entry["request_id"]


def test_the_cookie_is_not_in_the_database(staff: Person) -> None:
    console = Console(staff)

    cookie = console.client.cookies[settings.SESSION_COOKIE_NAME]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(sessions_of(staff)[0]["_id"]) == 64
    assert cookie.value not in repr(documents())


@pytest.mark.parametrize("typed", ["operator", "Operator", " OPERATOR "])
@pytest.mark.usefixtures("staff")
def test_the_name_may_be_typed_in_any_case(typed: str) -> None:
    assert Console().sign_in(typed).goes_to == "/admin/"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("operator", "wrong"),
        ("operator", PASSWORD.lower()),
        ("nobody", PASSWORD),
        (".*", PASSWORD),
        ('{"$gt": ""}', PASSWORD),
        ("óperator", PASSWORD),
        ("x" * 5000, PASSWORD),
    ],
)
def test_a_wrong_name_or_password_opens_nothing(staff: Person, username: str, password: str) -> None:
    console = Console()

    page = console.sign_in(username, password)

    assert page.status == 200
    assert WRONG in page.text
    assert not is_inside(console)
    assert sessions_of(staff) == []
    assert entries("session.opened") == []


@pytest.mark.parametrize("username", ["", " ", "a\0b"])
def test_a_form_that_cannot_be_right_is_shown_again(username: str) -> None:
    page = Console().sign_in(username)

    assert page.status == 200
    assert "Please correct the error below." in page.text


def test_a_form_too_large_is_refused() -> None:
    page = Console().sign_in("operator", "x" * 1_000_000)

    assert page.status in {400, 413}
    assert documents("sessions") == {"sessions": []}


def test_who_is_not_staff_is_told_so_and_stays_outside(stranger: Person) -> None:
    console = Console()

    page = console.sign_in(stranger.username)

    assert "This user is not a member of staff; the console is for staff only." in page.text
    assert not is_inside(console)
    assert sessions_of(stranger) == []


def test_who_is_no_longer_staff_is_outside_at_once_and_told_why(staff: Person) -> None:
    console = Console(staff)
    collection("users").update({"_id": staff.id}, {"$set": {"is_staff": False, "is_superuser": False}})

    assert console.get(LIST["users"]).goes_to == "/admin/login/?next=/admin/identity/user/"
    assert "authenticated as operator, but are not authorized" in console.get("/admin/login/").text


def test_a_disabled_user_is_outside_at_once_and_cannot_come_back(staff: Person) -> None:
    console = Console(staff)
    collection("users").update({"_id": staff.id}, {"$set": {"is_active": False}})

    assert not is_inside(console)
    assert WRONG in Console().sign_in("operator").text


def test_a_new_password_ends_every_session(staff: Person) -> None:
    here, there = Console(staff), Console(staff)

    set_password(staff.id, NEW_PASSWORD, actor=Actor.shell(), now=clock.now())

    assert (is_inside(here), is_inside(there)) == (False, False)
    assert Console().sign_in("operator", NEW_PASSWORD).goes_to == "/admin/"


def test_a_password_changed_past_the_action_ends_every_session_as_well(staff: Person) -> None:
    console = Console(staff)
    collection("users").update({"_id": staff.id}, {"$set": {"password": "argon2$another"}})

    assert not is_inside(console)
    (revoked,) = entries("session.revoked")
    assert revoked["actor"] == "system:pages"


def test_signing_out_ends_the_session_and_leaves_one_entry(staff: Person) -> None:
    console, other = Console(staff, user_agent="Firefox"), Console(staff)
    kept = console.client.cookies[settings.SESSION_COOKIE_NAME].value

    page = console.sign_out()
    console.client.cookies[settings.SESSION_COOKIE_NAME] = kept

    assert page.status == 200
    assert (is_inside(console), is_inside(other)) == (False, True)
    (entry,) = entries("session.revoked")
    (ended,) = [each for each in sessions_of(staff) if each["revoked_at"]]
    assert (entry["actor"], entry["target"]) == (staff.id, ended["_id"])
    assert entry["private"]["user_agent"] == "Firefox"


def test_signing_out_twice_leaves_one_entry(staff: Person) -> None:
    console = Console(staff)

    console.sign_out()
    console.sign_out()

    assert len(entries("session.revoked")) == 1


def test_looking_at_the_sign_in_page_opens_nothing() -> None:
    console = Console()

    assert console.get("/admin/login/").status == 200
    assert documents("sessions") == {"sessions": []}
    assert settings.SESSION_COOKIE_NAME not in console.client.cookies


def test_a_session_given_before_sign_in_is_not_the_one_after(staff: Person) -> None:
    console = Console()
    console.client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"

    console.sign_in("operator")

    assert console.client.cookies[settings.SESSION_COOKIE_NAME].value != "chosen-by-somebody-else"
    thief = Console()
    thief.client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"
    assert (is_inside(console), is_inside(thief)) == (True, False)
    assert len(sessions_of(staff)) == 1


def test_another_person_at_the_same_browser_gets_a_session_of_their_own(staff: Person) -> None:
    console, other = Console(staff), new_person("second", is_staff=True)

    console.sign_in("second")

    assert [each["revoked_at"] is None for each in sessions_of(staff)] == [False]
    assert [each["revoked_at"] is None for each in sessions_of(other)] == [True]
    assert [each["after"]["user_id"] for each in entries("session.revoked")] == [staff.id]


def test_a_session_is_over_from_the_second_of_its_end(staff: Person) -> None:
    console = Console(staff)
    collection("sessions").update({"kind": "browser"}, {"$set": {"expires_at": clock.now()}})

    assert not is_inside(console)


def test_revoking_all_sessions_of_a_user_reaches_the_console(staff: Person) -> None:
    console = Console(staff)

    end_sessions({"user_id": staff.id}, actor=Actor.system("tests"), now=clock.now())

    assert not is_inside(console)


def test_emptying_redis_signs_nobody_out(staff: Person) -> None:
    console = Console(staff)

    store().flushall()

    assert is_inside(console)


def test_a_session_of_the_api_is_none_of_the_console(staff: Person) -> None:
    console = Console()
    console.client.cookies[settings.SESSION_COOKIE_NAME] = staff.session_id

    assert not is_inside(console)


def test_the_sign_in_form_needs_its_token(staff: Person) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/admin/login/", {"username": "operator", "password": PASSWORD})

    assert answer.status_code == 403
    assert "This form was not taken" in answer.content.decode()
    assert sessions_of(staff) == []


def test_the_way_back_never_leads_elsewhere(staff: Person) -> None:
    page = Console().sign_in(staff.username, next="https://elsewhere.example/")

    assert page.status == 302
    assert page.goes_to.startswith("/")
    assert not page.goes_to.startswith("//")
