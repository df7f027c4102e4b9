"""Who guesses codes is stopped, wherever codes are asked for and whatever becomes of Redis.

Source: HTTP contract, sections 1.2, 3 (login_2fa) and 18 (rule 20); design, section 7.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ops import clock
from ops.mongo.collections import collection
from ops.redis import store
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import PASSWORD, Person
from tests.family_site.answering import (
    CODE,
    NOBODY_GETS_IN,
    answered,
    challenged,
    factor,
    failures,
    is_limited,
    log_in,
    reauthenticated,
    wrong,
)
from tests.races import at_once
from tests.second_factors import Secured, secured
from tests.tokens.calls import set_clock

REGENERATE = "/auth/2fa/regenerate-backup-codes"
PROVING = {"password": PASSWORD}
# Every way by which a code is looked at.
WAYS: Mapping[str, Callable[[Secured, str], Answer]] = {
    "challenge": lambda someone, code: answered(challenged(someone), code),
    "login": lambda someone, code: log_in(someone.person, two_fa_code=code),
    "reauthenticate": lambda someone, code: reauthenticated(someone.person, code=code),
    "header": lambda someone, code: Api(someone.person).post(REGENERATE, **{CODE: code}),
    "disable": lambda someone, code: Api(someone.person).post("/auth/2fa/disable", {"code": code, **PROVING}),
    "reset": lambda someone, code: Api(someone.person).post("/auth/2fa/reset", {"code": code, **PROVING}),
    "email": lambda someone, code: Api(someone.person).put(
        "/auth/email", {"email": "new@example.com", "code": code, **PROVING}
    ),
}
NOT_FRESH = (403, "FRESH_TWO_FACTOR_REQUIRED")


@pytest.fixture
def someone(person: Person) -> Secured:
    """Somebody with a second factor."""
    return secured(person)


def fail(someone: Secured, way: str, times: int) -> None:
    for _ in range(times):
        answer = WAYS[way](someone, wrong(someone))
        assert answer.problem == (NOT_FRESH if way == "header" else NOBODY_GETS_IN)


@pytest.mark.parametrize("way", WAYS)
def test_after_ten_wrong_codes_no_code_is_looked_at_any_more(someone: Secured, way: str) -> None:
    fail(someone, way, 10)
    before = documents("users", "sessions", "audit_log", "email_outbox")

    assert is_limited(WAYS[way](someone, wrong(someone)))
    assert is_limited(WAYS[way](someone, someone.code()))
    assert is_limited(WAYS[way](someone, someone.backup_codes[0]))

    assert documents("users", "sessions", "audit_log", "email_outbox") == before
    assert failures() == 10


def test_all_ways_count_together_and_emptying_redis_frees_nobody(someone: Secured) -> None:
    for number, way in enumerate(WAYS):
        fail(someone, way, 1)
        store().flushall()
        assert failures() == number + 1
    fail(someone, "challenge", 10 - len(WAYS))
    store().flushall()

    for way in WAYS:
        assert is_limited(WAYS[way](someone, someone.code())), way
        store().flushall()
    assert failures() == 10


def test_setting_another_one_up_counts_with_them(someone: Secured) -> None:
    reset = {"code": someone.code(), **PROVING}
    new = Secured(someone.person, Api(someone.person).post("/auth/2fa/reset", reset).json["totp_secret"], [])
    for _ in range(9):
        body = {"method": "totp", "code": wrong(new)}
        assert Api(someone.person).post("/auth/2fa/verify", body).problem == NOBODY_GETS_IN
    fail(someone, "login", 1)

    body = {"method": "totp", "code": new.code()}
    assert is_limited(Api(someone.person).post("/auth/2fa/verify", body))
    assert factor(someone)["secret"] is not None


def test_no_address_begins_anew(someone: Secured) -> None:
    for number in range(10):
        there = f"192.0.2.{number}"
        assert answered(challenged(someone, there), wrong(someone), there).problem == NOBODY_GETS_IN

    there = "198.51.100.7"
    assert is_limited(answered(challenged(someone, there), someone.code(), there))


def test_one_person_s_failures_are_nobody_else_s(someone: Secured, stranger: Person) -> None:
    other = secured(stranger)
    fail(someone, "login", 10)

    assert log_in(other.person, two_fa_code=other.code()).status == 200


def test_a_right_code_takes_back_no_failure_but_its_own(someone: Secured) -> None:
    fail(someone, "login", 4)
    for code in (someone.code(), *someone.backup_codes):
        assert log_in(someone.person, two_fa_code=code).status == 200
    assert failures() == 4

    fail(someone, "login", 6)

    assert is_limited(log_in(someone.person, two_fa_code=someone.code(1)))


def test_after_an_hour_codes_count_again(someone: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = clock.now()
    set_clock(monkeypatch, begun)
    fail(someone, "challenge", 10)
    refused = log_in(someone.person, two_fa_code=someone.code())
    assert is_limited(refused)
    counters = collection("sign_in_failures").find({}, limit=100)
    ends = {math.ceil(each["until"].timestamp()) for each in counters}
    assert int(refused.headers["X-RateLimit-Reset"]) in ends

    for each in counters:
        earlier = {"$set": {"until": each["until"] - timedelta(hours=1)}}
        collection("sign_in_failures").update({"_id": each["_id"]}, earlier)

    assert log_in(someone.person, two_fa_code=someone.code()).status == 200


def test_the_lock_of_codes_ends_no_session_and_needs_the_right_password(someone: Secured) -> None:
    fail(someone, "challenge", 10)

    assert Api(someone.person).get("/auth/me").status == 200
    assert log_in(someone.person).problem == (401, "TWO_FACTOR_REQUIRED")
    body = {"username": someone.person.username, "password": "Quite-Wrong-7!", "two_fa_code": "000000"}
    assert Api().post("/auth/login", body).problem == NOBODY_GETS_IN


# Of sign-ins with the right password that come at once, no more than five are looked at, whatever the code.
@pytest.mark.parametrize("way", ["challenge", "reauthenticate", "header"])
def test_parallel_guesses_do_not_pass_the_limit(someone: Secured, way: str) -> None:
    guesses: list[Callable[[], Answer]] = [partial(WAYS[way], someone, wrong(someone))] * 16
    if way == "challenge":  # which are got before, so that the answers alone meet
        guesses = [partial(answered, challenged(someone), wrong(someone)) for _ in range(16)]

    answers = at_once(guesses)

    assert Counter(is_limited(each) for each in answers) == {False: 10, True: 6}
    assert failures() == 10


def test_nothing_personal_is_kept(someone: Secured) -> None:
    for way in WAYS:
        fail(someone, way, 1)

    kept: list[dict[str, Any]] = documents("sign_in_failures")["sign_in_failures"]

    assert all(each.keys() == {"_id", "v", "typed", "count", "until"} for each in kept)
    for each in (someone.person.id, someone.person.username, wrong(someone)):
        assert each not in repr([{**found, "_id": "", "until": ""} for found in kept])
