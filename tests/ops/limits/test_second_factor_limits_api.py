"""How often codes are tried and second factors changed. Source: HTTP contract, section 3 (login_2fa, …)."""

import secrets
from collections.abc import Callable

import pytest

from tests.api import Answer, Api
from tests.factories import PASSWORD, Person
from tests.ops.limits.telling import as_told, told
from tests.second_factors import Secured, challenge_and_code, secured

pytestmark = pytest.mark.limited
CHANGES = ("setup", "verify", "disable", "reset", "regenerate-backup-codes")


def is_refused(answer: Answer, operation: str) -> bool:
    if answer.status != 429:
        return False
    assert answer.problem == (429, "RATE_LIMIT_EXCEEDED")
    assert answer.json["details"]["operation"] == operation
    assert told(answer) == as_told(operation, 0)
    return True


def calls_until_refused(send: Callable[[], Answer], operation: str) -> int:
    return next(done for done in range(50) if is_refused(send(), operation))


def test_a_challenge_is_answered_five_times_whatever_is_sent() -> None:
    good, other = challenge_and_code(), challenge_and_code()
    wrong = {**good, "code": "nonsense"}
    client = Api()

    assert [client.post("/auth/login/2fa", wrong).status for _ in range(5)] == [401] * 5
    assert is_refused(client.post("/auth/login/2fa", good), "login_2fa")
    answer = client.post("/auth/login/2fa", other)
    assert (answer.status, told(answer)) == (200, as_told("login_2fa", 4))


def test_a_challenge_that_nobody_got_is_counted_as_well() -> None:
    body = {"challenge_token": secrets.token_urlsafe(32), "code": "123456"}

    assert calls_until_refused(lambda: Api().post("/auth/login/2fa", body), "login_2fa") == 5


def test_all_changes_of_a_second_factor_are_counted_together_by_user(
    person: Person, stranger: Person
) -> None:
    for number in range(10):
        answer = Api(person).post(f"/auth/2fa/{CHANGES[number % 5]}", {})
        assert answer.status == 400
        assert told(answer) == as_told("two_factor_change", 9 - number)

    for path in CHANGES:
        assert is_refused(Api(person).post(f"/auth/2fa/{path}", {}), "two_factor_change")
    assert Api(person).get("/auth/2fa/status").status == 200
    assert Api(person).get("/auth/2fa/backup-codes").problem == (400, "TWO_FACTOR_STATE")
    body = {"method": "totp", "password": PASSWORD}
    assert Api(stranger).post("/auth/2fa/setup", body).status == 200


def test_a_session_is_confirmed_ten_times_an_hour(person: Person, stranger: Person) -> None:
    body = {"password": PASSWORD}

    assert calls_until_refused(lambda: Api(person).post("/auth/reauthenticate", body), "reauthenticate") == 10
    assert Api(stranger).post("/auth/reauthenticate", body).status == 200


def test_codes_with_calls_are_not_counted_as_confirming(person: Person) -> None:
    someone: Secured = secured(person)

    answer = Api(person).post("/auth/2fa/regenerate-backup-codes", **{"X-2FA-Code": someone.code()})

    assert (answer.status, told(answer)) == (200, as_told("two_factor_change", 9))
