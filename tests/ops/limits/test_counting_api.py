"""How often a caller may do what, as callers see it. Source: HTTP contract, sections 1.2 (order) and 3."""

import secrets
from typing import Any

import pytest
from django.test import Client

from ops.limits import counting
from ops.redis import store
from tests.api import Api
from tests.factories import PASSWORD, Person, new_family
from tests.ops.limits.telling import CREATE, FAMILY, as_told, found_until_refused, told

pytestmark = pytest.mark.limited


@pytest.fixture
def address() -> str:
    """An address that nobody else in the tests calls from."""
    return f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands, in the middle of a window, until it is moved."""

    class Clock:
        now = 1_900_000_000.0

        def time(self) -> float:
            return self.now

    standing = Clock()
    monkeypatch.setattr(counting, "time", standing)
    return standing


def test_one_call_too_many_is_refused_in_the_one_shape(person: Person, clock: Any) -> None:
    api = Api(person)
    statuses = found_until_refused(api)
    refused = api.post("/family/create", FAMILY)

    assert statuses == [201, 201, 201, 403, 403, 429]  # three families, and two refusals that count as well
    assert refused.problem == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.json["details"] == {
        "operation": "family_create",
        "limit": 5,
        "window": 3600,
        "scope": "user",
    }
    assert told(refused) == as_told("family_create", 0)
    end = int(refused.headers["X-RateLimit-Reset"])
    assert 0 < end - clock.now <= CREATE.window
    assert refused.headers["Retry-After"] == str(int(end - clock.now))
    assert refused.json["retry_after"] == int(end - clock.now)


def test_the_next_window_is_free_again(person: Person, clock: Any) -> None:
    api = Api(person)
    found_until_refused(api)
    end = int(api.post("/family/create", FAMILY).headers["X-RateLimit-Reset"])

    clock.now = end + 0.5
    before = api.post("/family/create", FAMILY).status
    clock.now = end + 1.0
    after = api.post("/family/create", FAMILY)

    assert (before, after.status) == (429, 403)
    assert told(after) == as_told("family_create", 4)


def test_each_operation_counts_alone_and_all_reads_together(person: Person) -> None:
    api = Api(person)
    family_id = new_family(person)["_id"]

    first = api.get("/family/my-families")
    second = api.get(f"/family/{family_id}")
    updated = api.send("PUT", f"/family/{family_id}", {"name": "Wrens"})
    signed_out = api.post("/auth/logout", {})

    assert told(first) == as_told("read", 599)
    assert told(second) == as_told("read", 598)
    assert told(updated) == as_told("family_update", 9)
    assert told(signed_out) == as_told("read", 597)


def test_two_users_do_not_use_up_each_other_s(person: Person, stranger: Person) -> None:
    found_until_refused(Api(person))

    assert told(Api(stranger).post("/family/create", FAMILY)) == as_told("family_create", 4)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/family/create", {"name": 5}, 400), ("/family/fam_nobody/leave", None, 404)],
    ids=["breaks the schema", "unknown"],
)
def test_a_refused_call_counts(person: Person, path: str, body: Any, status: int) -> None:
    answer = Api(person).post(path, body)

    assert answer.status == status
    assert told(answer)["Remaining"] == "4"


def test_a_limit_comes_before_the_body_is_looked_at(person: Person) -> None:
    found_until_refused(Api(person))

    assert Api(person).post("/family/create", {"name": 5}).problem == (429, "RATE_LIMIT_EXCEEDED")


def test_a_call_whose_session_is_over_is_not_the_user_s(person: Person) -> None:
    Api(person).post("/auth/logout", {})
    (counter,) = store().keys(f"rate_limit:user:{person.id}:read:*")

    answers = [Api(person).get("/family/my-families") for _ in range(3)]

    assert {answer.problem for answer in answers} == {(401, "INVALID_TOKEN")}
    assert store().get(counter) == b"1"
    assert told(answers[0])["Type"] == "address"


# Who is not signed in ------------------------------------------------------------------------------


def test_public_calls_are_counted_by_address(address: str) -> None:
    body = {"username": "nobody-there", "password": PASSWORD}
    answers = [Api(address=address).post("/auth/login", body) for _ in range(11)]

    # Five failures of one name from one address are refused before.
    assert [answer.status for answer in answers] == [401] * 5 + [429] * 6
    assert told(answers[0]) == as_told("login", 9)
    assert answers[10].json["details"]["scope"] == "address"
    assert Api(address="198.18.8.1").post("/auth/login", body).status == 401


def test_addresses_of_ipv6_are_counted_by_their_first_64_bits() -> None:
    first, neighbour, other = (
        Api(address=each).post("/auth/login", {})
        for each in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    )

    assert [told(each)["Remaining"] for each in (first, neighbour, other)] == ["9", "8", "9"]


@pytest.mark.parametrize("path", ["/family/my-families", "/no/such/path"])
def test_who_never_comes_in_is_stopped_in_the_end(address: str, path: str) -> None:
    api = Api(address=address)

    statuses = [api.get(path).status for _ in range(301)]

    assert statuses[:300] == [statuses[0]] * 300
    assert statuses[0] in {401, 404}
    refused = api.get(path)
    assert refused.problem == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.json["details"]["operation"] == "unauthenticated"


def test_every_answer_tells_of_the_tightest_limit(person: Person, address: str) -> None:
    nobody = Api(address=address)

    assert told(nobody.get("/family/my-families")) == as_told("unauthenticated", 299)
    assert told(nobody.get("/nothing")) == as_told("unauthenticated", 298)
    assert told(nobody.send("PATCH", "/family/create", {})) == as_told("unauthenticated", 297)
    assert told(nobody.get("/schema"))["Type"] == "address"
    assert told(Api(person).get("/family/fam_nobody")) == as_told("read", 599)


@pytest.mark.parametrize("loopback", ["127.0.0.1", "::1"])
def test_the_machine_s_look_at_itself_is_always_answered(loopback: str) -> None:
    here = Api(address=loopback)

    assert {here.get("/health/live").status for _ in range(602)} == {200}


def test_looks_at_the_health_from_elsewhere_are_limited() -> None:
    elsewhere = Api(address="198.18.9.1")

    assert [elsewhere.get("/health/live").status for _ in range(601)] == [200] * 600 + [429]


def test_forms_of_pages_are_limited_as_the_api_is(address: str) -> None:
    api = Api(address=address, accept="text/html")
    link = "/family/invitation/unknown/decline"

    statuses = [api.get(link).status for _ in range(61)]

    assert statuses == [404] * 60 + [429]
    assert b"too often" in api.get(link).text


def test_the_console_s_sign_in_is_limited_as_the_api_s_is(address: str) -> None:
    browser = Client(REMOTE_ADDR=address)
    form = {"username": "nobody-there", "password": PASSWORD}

    statuses = [browser.post("/admin/login/", form).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]
