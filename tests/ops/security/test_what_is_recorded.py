"""Which refusals are recorded as security events, and about whom."""

import pytest

from family_site.identity import rules
from family_site.identity.roles import Role
from tests.api import Api
from tests.factories import PASSWORD, Person, new_staff
from tests.ops.security.noted import HERE, events


def told(subject: str) -> list[tuple[str, int, dict[str, object]]]:
    return [(each["type"], each["count"], each["facts"]) for each in events(subject)]


def test_guessing_a_password_is_recorded_by_the_address_it_comes_from(person: Person) -> None:
    guess = {"username": person.username, "password": "wrong"}
    for _ in range(5):
        Api(address=HERE).post("/auth/login", guess)
    assert events() == []

    for _ in range(2):
        assert Api(address=HERE).post("/auth/login", guess).problem == (429, "RATE_LIMIT_EXCEEDED")

    assert told(HERE) == [
        ("sign_in_limited", 2, {"operation": "login", "limit": 5, "scope": "identifier"}),
    ]


def test_mails_that_are_asked_for_too_often_are_not_guesses(person: Person) -> None:
    for _ in range(6):
        last = Api(address=HERE).post("/auth/forgot-password", {"email": person.email})

    assert last.problem == (429, "RATE_LIMIT_EXCEEDED")
    assert [each for each in events() if each["type"] == "sign_in_limited"] == []


def test_a_refresh_token_that_comes_a_second_time_is_recorded(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "REPEATED_SECONDS", -1)
    tokens = Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).json
    body = {"refresh_token": tokens["refresh_token"]}
    assert Api().post("/auth/refresh", body).status == 200
    assert events() == []

    assert Api().post("/auth/refresh", body).problem == (401, "INVALID_TOKEN")

    assert told(person.id) == [("refresh_reused", 1, {"session": tokens["session_id"]})]


def test_staff_who_ask_for_what_their_role_does_not_let_them_are_recorded() -> None:
    clerk = new_staff(Role.SUPPORT)

    for _ in range(2):
        Api(clerk).get("/admin/security-events")

    assert told(clerk.id) == [("staff_refused", 2, {"required": "ops.view_security"})]


def test_others_who_ask_for_it_are_not(person: Person) -> None:
    assert Api(person).get("/admin/security-events").problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert Api().get("/admin/security-events").problem == (401, "AUTHENTICATION_REQUIRED")

    assert events() == []
