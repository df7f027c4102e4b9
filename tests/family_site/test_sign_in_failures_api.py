"""Who guesses passwords is stopped, whatever becomes of Redis. Source: HTTP contract, section 3 (login)."""

import math
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from family_site.identity.actions.disabling import disable
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.redis import store
from tests.api import Answer, Api
from tests.console import Console
from tests.database import documents
from tests.factories import PASSWORD, Person, new_person
from tests.races import at_once

WRONG = "Quite-Wrong-7!"


def log_in(name: str, password: str = WRONG, address: str = "127.0.0.1") -> Answer:
    return Api(address=address).post("/auth/login", {"username": name, "password": password})


def fail(name: str, times: int, address: str = "127.0.0.1") -> None:
    for _ in range(times):
        assert log_in(name, address=address).problem == (401, "INVALID_CREDENTIALS")


def is_limited(answer: Answer, limit: int, window: int) -> bool:
    """Tell whether it is a good refusal by this limit."""
    if answer.status in {200, 401}:
        return False
    assert answer.problem == (429, "RATE_LIMIT_EXCEEDED")
    facts = {"operation": "login", "limit": limit, "window": window, "scope": "identifier"}
    assert answer.json["details"] == facts
    assert 1 <= answer.json["retry_after"] <= window
    assert answer.headers["Retry-After"] == str(answer.json["retry_after"])
    assert answer.headers["X-RateLimit-Limit"] == str(limit)
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert answer.headers["X-RateLimit-Window"] == str(window)
    assert answer.headers["X-RateLimit-Type"] == "identifier"
    ends = {math.ceil(each["until"].timestamp()) for each in counters()}
    assert int(answer.headers["X-RateLimit-Reset"]) in ends
    return True


def counters() -> list[dict[str, Any]]:
    # The driver gives times without their zone here; the product's own reads have it.
    return collection("sign_in_failures").find({}, sort=[("until", 1)], limit=100)


def counts() -> list[int]:
    return sorted(each["count"] for each in counters())


@pytest.mark.parametrize("password", [WRONG, PASSWORD])
def test_after_five_failures_nobody_gets_in_by_this_name_from_there(person: Person, password: str) -> None:
    fail(person.username, 5)

    assert is_limited(log_in(person.username, password), 5, 900)
    assert is_limited(log_in(person.username, password), 5, 900)
    assert log_in(person.username, PASSWORD, address="192.0.2.7").status == 200
    assert Api(person).get("/auth/me").status == 200  # open sessions are not touched


def test_other_names_are_not_touched(person: Person, stranger: Person) -> None:
    fail(person.username, 5)

    assert log_in(stranger.username, PASSWORD).status == 200


def test_a_name_that_nobody_has_is_limited_in_the_same_way(person: Person) -> None:
    fail(person.username, 5)
    fail("nobody-at-all", 5)

    known, unknown = log_in(person.username), log_in("nobody-at-all")

    assert is_limited(known, 5, 900)
    assert is_limited(unknown, 5, 900)
    assert known.json["details"] == unknown.json["details"]


def test_what_counts_is_what_was_typed_in_any_case(person: Person) -> None:
    for typed in (person.username, person.username.upper(), f" {person.username} "):
        fail(typed, 1)
    fail(person.username.capitalize(), 2)

    assert is_limited(log_in(person.username, PASSWORD), 5, 900)
    assert is_limited(Api().post("/auth/login", {"email": person.username, "password": PASSWORD}), 5, 900)
    assert log_in(person.email, PASSWORD).status == 200


def test_after_twenty_failures_from_everywhere_nobody_gets_in_by_this_name(person: Person) -> None:
    for number in range(4):
        fail(person.username, 5, address=f"192.0.2.{number}")

    assert is_limited(log_in(person.username, PASSWORD, address="198.51.100.1"), 20, 3600)
    assert is_limited(log_in(person.username, WRONG, address="198.51.100.1"), 20, 3600)


def test_who_is_refused_by_the_limit_of_an_address_does_not_lock_the_name_elsewhere(person: Person) -> None:
    fail(person.username, 5)
    for _ in range(30):
        assert is_limited(log_in(person.username), 5, 900)

    assert counts() == [5, 5]
    assert log_in(person.username, PASSWORD, address="192.0.2.7").status == 200


def test_a_refusal_by_the_limit_of_the_name_counts_nowhere(person: Person) -> None:
    for number in range(4):
        fail(person.username, 5, address=f"192.0.2.{number}")

    for _ in range(7):
        assert is_limited(log_in(person.username, address="198.51.100.1"), 20, 3600)

    assert counts() == [0, 5, 5, 5, 5, 20]


def test_signing_in_is_taken_back_and_frees_nothing_else(person: Person) -> None:
    fail(person.username, 4)
    for _ in range(6):
        assert log_in(person.username, PASSWORD).status == 200
    assert counts() == [4, 4]

    fail(person.username, 1)

    assert is_limited(log_in(person.username, PASSWORD), 5, 900)


def test_the_right_password_of_a_disabled_user_is_no_failure(person: Person) -> None:
    disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Lost device")

    for _ in range(7):
        assert log_in(person.username, PASSWORD).problem == (403, "ACCOUNT_DISABLED")

    assert counts() == [0, 0]


def test_a_body_that_is_refused_is_no_failure(person: Person) -> None:
    for _ in range(7):
        body = {"username": person.username, "password": WRONG, "role": "staff"}
        assert Api().post("/auth/login", body).problem == (400, "VALIDATION_ERROR")

    assert documents("sign_in_failures") == {"sign_in_failures": []}


def test_the_limit_is_over_with_its_window(person: Person) -> None:
    fail(person.username, 5)
    assert is_limited(log_in(person.username, PASSWORD), 5, 900)

    for each in counters():
        earlier = {"$set": {"until": each["until"] - timedelta(minutes=15)}}
        collection("sign_in_failures").update({"_id": each["_id"]}, earlier)

    assert log_in(person.username, PASSWORD).status == 200
    assert counts() == [0, 5]
    fail(person.username, 5)
    assert is_limited(log_in(person.username, PASSWORD), 5, 900)


def test_emptying_redis_frees_nobody(person: Person) -> None:
    fail(person.username, 5)

    store().flushall()

    assert is_limited(log_in(person.username, PASSWORD), 5, 900)


def test_parallel_guesses_do_not_pass_the_limit(person: Person) -> None:
    answers = at_once([partial(log_in, person.username)] * 16)

    assert Counter(is_limited(answer, 5, 900) for answer in answers) == {False: 5, True: 11}
    assert counts() == [5, 5]


def test_parallel_guesses_from_many_addresses_do_not_pass_the_limit_of_the_name(person: Person) -> None:
    guesses = [partial(log_in, person.username, address=f"192.0.2.{number}") for number in range(28)]

    answers = at_once(guesses)

    assert Counter(is_limited(answer, 20, 3600) for answer in answers) == {False: 20, True: 8}
    assert max(counts()) == 20


def test_nothing_personal_is_kept(person: Person) -> None:
    fail(person.username, 1, address="192.0.2.7")
    fail(person.email, 1, address="192.0.2.7")

    kept = documents("sign_in_failures")["sign_in_failures"]

    assert len(kept) == 4
    assert all(each.keys() == {"_id", "v", "typed", "count", "until"} for each in kept)
    assert person.username not in repr(kept)
    assert "192.0.2.7" not in repr(kept)


def test_the_console_counts_together_with_the_api() -> None:
    staff = new_person("operator", is_staff=True)
    fail("operator", 2)
    for _ in range(3):
        assert "Name or password is wrong." in Console().sign_in("operator", WRONG).text

    page = Console().sign_in("operator")

    assert page.status == 200
    assert "Too many failures; please wait for 15 minutes." in page.text
    assert is_limited(log_in("operator", PASSWORD), 5, 900)
    assert [each["kind"] for each in documents("sessions")["sessions"] if each["user_id"] == staff.id] == [
        "api"
    ]


def test_signing_in_to_the_console_is_taken_back() -> None:
    staff = new_person("operator", is_staff=True)

    for _ in range(7):
        Console(staff)

    assert counts() == [0, 0]
