"""Signing in with a second factor: a challenge that is answered, or all in one call.

Source: HTTP contract, sections 2.2, 3 (login_2fa), 11 (login, login/2fa) and 18 (rules 12, 15 and 17).
"""

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from family_site.identity.actions import disabling, passwords, second_factor
from ops import clock
from ops.actors import Actor
from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.family_site.answering import (
    METHODS,
    NOBODY_GETS_IN,
    answered,
    challenged,
    factor,
    failures,
    log_in,
    opened,
    session,
    sessions_of,
    void_as,
    wrong,
)
from tests.family_site.test_login_api import FORM, but_for_the_request
from tests.mails import mailed_token
from tests.races import at_once
from tests.second_factors import Secured, secured
from tests.tokens.calls import set_clock

STAFF = Actor.system("tests")
THERE = "192.0.2.7"


@pytest.fixture
def someone(person: Person) -> Secured:
    """Somebody with a second factor."""
    return secured(person)


def stored_challenge() -> dict[str, Any]:
    (found,) = documents("sign_in_challenges")["sign_in_challenges"]
    return found


# A challenge --------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing_and_gets_a_challenge(someone: Secured) -> None:
    before = documents("sessions", "audit_log", "notifications")

    answer = log_in(someone.person)

    assert answer.problem == (401, "TWO_FACTOR_REQUIRED")
    assert answer.headers["X-2FA-Required"] == "true"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    details = answer.json["details"]
    token = details.pop("challenge_token")
    assert details == {"methods": METHODS, "expires_in": 300}
    assert len(token) >= 43
    assert token not in repr(documents())
    assert documents("sessions", "audit_log", "notifications") == before
    assert failures() == 0


def test_the_code_opens_a_session_of_whoever_got_the_challenge(someone: Secured) -> None:
    answer = answered(challenged(someone), someone.code())

    session_id = opened(answer)
    assert answer.json["user"]["user_id"] == someone.person.id
    assert Api(authorization=f"Bearer {answer.json['access_token']}").get("/auth/me").status == 200
    assert session(session_id)["user_id"] == someone.person.id
    assert failures() == 0


@pytest.mark.parametrize("method", ["totp", "backup"])
def test_a_code_is_looked_at_as_what_it_is_said_to_be(someone: Secured, method: str) -> None:
    codes = {"totp": someone.code(), "backup": someone.backup_codes[0]}
    other = codes[next(each for each in METHODS if each != method)]

    assert answered(challenged(someone), other, method=method).problem == NOBODY_GETS_IN
    assert log_in(someone.person, two_fa_code=other, two_fa_method=method).problem == NOBODY_GETS_IN
    opened(answered(challenged(someone), codes[method], method=method))


def test_all_in_one_call_opens_a_session(someone: Secured) -> None:
    opened(log_in(someone.person, two_fa_code=someone.code()))
    opened(log_in(someone.person, two_fa_code=someone.code(1), two_fa_method="totp"))
    opened(log_in(someone.person, two_fa_code=someone.backup_codes[0]))
    form = {"email": someone.person.email, "password": PASSWORD, "two_fa_code": someone.backup_codes[1]}
    opened(Api().send("POST", "/auth/login", urlencode(form).encode(), content_type=FORM))

    assert documents("sign_in_challenges") == {"sign_in_challenges": []}


def test_of_who_has_no_second_factor_a_code_is_not_looked_at(person: Person) -> None:
    answer = log_in(person, two_fa_code="000000")

    assert (answer.status, answer.json["two_fa_enabled"]) == (200, False)
    assert session(answer.json["session_id"])["second_factor_at"] is None
    assert failures() == 0


def test_a_wrong_name_password_and_code_are_answered_alike(someone: Secured) -> None:
    name, code = someone.person.username, someone.code()
    bodies = (
        {"username": "nobody-at-all", "password": PASSWORD, "two_fa_code": code},
        {"username": name, "password": "Quite-Wrong-7!", "two_fa_code": code},
        {"username": name, "password": PASSWORD, "two_fa_code": wrong(someone)},
        {"username": name, "password": "Quite-Wrong-7!"},
    )

    unknown, password, second, alone = (
        but_for_the_request(Api().post("/auth/login", body)) for body in bodies
    )

    assert unknown == password == second == alone
    assert unknown[0] == 401
    opened(log_in(someone.person, two_fa_code=code))  # beside a wrong password it was not used up


# Once, five times, five minutes -------------------------------------------------------------------


def test_a_challenge_opens_one_session(someone: Secured) -> None:
    token = challenged(someone)
    opened(answered(token, someone.code()))
    before = documents("sessions", "users", "audit_log")

    assert void_as(answered(token, someone.code(1))) == "revoked"
    assert documents("sessions", "users", "audit_log") == before


def test_after_five_tries_a_challenge_is_void(someone: Secured) -> None:
    token = challenged(someone)
    for _ in range(5):
        assert answered(token, wrong(someone)).problem == NOBODY_GETS_IN

    assert void_as(answered(token, someone.code())) == "revoked"
    assert stored_challenge()["tries"] == 5
    opened(answered(challenged(someone), someone.code()))


def test_of_eight_tries_at_once_five_are_looked_at(someone: Secured) -> None:
    token, code = challenged(someone), wrong(someone)

    answers = at_once([partial(answered, token, code)] * 8)

    outcomes = Counter(each.problem for each in answers)
    assert outcomes == {NOBODY_GETS_IN: 5, (401, "INVALID_TOKEN"): 3}
    assert failures() == 5
    assert void_as(answered(token, someone.code())) == "revoked"


def test_answered_at_once_by_several_good_codes_it_opens_one_session_for_one_of_them(
    someone: Secured,
) -> None:
    token, before = challenged(someone), sessions_of(someone.person)

    answers = at_once([partial(answered, token, code) for code in someone.backup_codes[:5]])

    assert Counter(each.status for each in answers) == {200: 1, 401: 4}
    assert sessions_of(someone.person) == before + 1
    assert len(factor(someone)["backup_codes"]) == 9
    assert len(audit("second_factor.backup_code_used")) == 1


def test_from_another_address_a_challenge_is_not_taken_nor_tried(someone: Secured) -> None:
    token = challenged(someone)

    for _ in range(6):
        assert void_as(answered(token, someone.code(), THERE)) == "address"

    assert (stored_challenge()["tries"], failures()) == (0, 0)
    opened(answered(token, someone.code()))
    opened(answered(challenged(someone, THERE), someone.code(1), THERE))


def test_a_challenge_is_over_from_the_second_on_at_which_it_expires(
    someone: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = clock.now()
    set_clock(monkeypatch, begun)
    late, early = challenged(someone), challenged(someone)

    set_clock(monkeypatch, begun + timedelta(minutes=5))
    assert void_as(answered(late, someone.code())) == "expired"
    set_clock(monkeypatch, begun + timedelta(minutes=5) - timedelta(milliseconds=1))
    opened(answered(early, someone.code()))


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 2048])
def test_a_challenge_that_nobody_got_is_none(someone: Secured, token: str) -> None:
    assert void_as(answered(token, someone.code())) == "revoked"
    opened(answered(challenged(someone), someone.code()))


# What makes it void -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["changed", "disabled", "taken away", "turned off"])
def test_what_changes_its_person_makes_a_challenge_void(someone: Secured, how: str) -> None:
    token, person = challenged(someone), someone.person
    by: dict[str, Any] = {"now": clock.now(), "reason": "Lost device"}
    actor = person.actor
    acts: dict[str, Any] = {
        "changed": lambda: passwords.change_password(PASSWORD, "Other-Long-8?", actor=actor, now=clock.now()),
        "disabled": lambda: disabling.disable(person.id, actor=STAFF, **by),
        "taken away": lambda: second_factor.take_away(person.id, actor=STAFF, **by),
        "turned off": lambda: second_factor.turn_off(
            PASSWORD, someone.backup_codes[0], actor=actor, now=clock.now()
        ),
    }

    acts[how]()
    before = documents("sessions", "users", "audit_log")

    assert void_as(answered(token, someone.code())) == "revoked"
    assert documents("sessions", "users", "audit_log") == before


def test_a_forgotten_password_is_reset_and_the_second_factor_stays(someone: Secured) -> None:
    before = factor(someone)
    Api().post("/auth/forgot-password", {"email": someone.person.email})
    body = {"token": mailed_token("reset_password"), "new_password": "Other-Long-8?"}
    assert Api().post("/auth/reset-password", body).status == 200

    by_new_password = partial(log_in, someone.person, password="Other-Long-8?")
    assert by_new_password().problem == (401, "TWO_FACTOR_REQUIRED")
    assert factor(someone) == before
    opened(by_new_password(two_fa_code=someone.code()))


def test_of_the_disabled_neither_password_nor_code_opens_anything(someone: Secured) -> None:
    disabling.disable(someone.person.id, actor=STAFF, now=clock.now(), reason="Lost device")

    assert log_in(someone.person).problem == (403, "ACCOUNT_DISABLED")
    assert log_in(someone.person, two_fa_code=someone.code()).problem == (403, "ACCOUNT_DISABLED")
