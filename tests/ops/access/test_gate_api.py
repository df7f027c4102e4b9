"""Who is kept out, where, and that they are free again. Source: HTTP contract, sections 1.2, 2.2 and 14."""

from datetime import timedelta

import pytest
from django.test import Client

from ops import clock
from ops.access import in_force
from ops.errors import AccessBlockedError
from ops.mongo.collections import collection
from tests import commands
from tests.api import Api
from tests.console import Console
from tests.database import documents
from tests.factories import PASSWORD, Person, new_person
from tests.ops.access.blocking import HERE, NEARBY, NETWORK, allow, block, remove
from tests.visitor import ACCEPT

BLOCKED = (403, "ACCESS_BLOCKED")
TOLD = AccessBlockedError().message
MINUTE = timedelta(minutes=1)
STYLE = "/static/site/page.css"
OPEN = (
    *("/health", "/health/live", "/health/ready"),
    *("/family/health", "/family/health/liveness", "/family/health/readiness"),
)


def sign_in(identifier: str, password: str = PASSWORD, *, address: str = NEARBY) -> tuple[int, str]:
    body = {"email" if "@" in identifier else "username": identifier, "password": password}
    answer = Api(address=address).post("/auth/login", body)
    return answer.problem if answer.status >= 400 else (answer.status, "")


# By address ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "kept_out", "free"),
    [
        ("address", HERE, HERE, NEARBY),
        ("network", NETWORK, HERE, "203.0.114.7"),
        ("network", NETWORK, f"::ffff:{HERE}", "203.0.114.7"),
        ("address", "2001:db8::7", "2001:db8:0::7", "2001:db8::8"),
        ("network", "2001:db8::/32", "2001:db8:1::9", "2001:db9::9"),
    ],
)
def test_calls_from_a_blocked_address_are_refused_and_no_others(
    person: Person, kind: str, value: str, kept_out: str, free: str
) -> None:
    block(kind, value)

    answer = Api(person, address=kept_out).get("/auth/me")

    assert answer.problem == BLOCKED
    assert answer.json["details"] == {}
    assert Api(person, address=free).get("/auth/me").status == 200


def test_public_calls_are_refused_too(person: Person) -> None:
    block("address", HERE)

    assert sign_in(person.username, address=HERE) == BLOCKED
    assert Api(address=HERE).get("/schema").problem == BLOCKED
    assert sign_in(person.username) == (200, "")


def test_a_call_without_a_sign_in_is_told_that_first() -> None:
    block("address", HERE)

    assert Api(address=HERE).get("/auth/me").problem == (401, "AUTHENTICATION_REQUIRED")


@pytest.mark.parametrize("path", OPEN)
def test_health_is_open_to_everybody(path: str) -> None:
    block("address", HERE)

    assert Api(address=HERE).get(path).status in {200, 503}
    assert Api(address=HERE).get("/health/live").status == 200


def test_an_address_is_let_in_from_a_blocked_network(person: Person) -> None:
    block("network", NETWORK)
    allow("address", HERE)

    assert Api(person, address=HERE).get("/auth/me").status == 200
    assert Api(person, address=NEARBY).get("/auth/me").problem == BLOCKED


def test_an_allowed_user_may_come_from_a_blocked_network(person: Person, stranger: Person) -> None:
    block("network", NETWORK)
    allow("user", person.id)

    assert Api(person, address=HERE).get("/auth/me").status == 200
    assert Api(stranger, address=HERE).get("/auth/me").problem == BLOCKED


def test_an_ended_rule_keeps_nobody_out(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    end = block("address", HERE, MINUTE)["until"]

    monkeypatch.setattr(clock, "now", lambda: end - timedelta(milliseconds=1))
    assert Api(person, address=HERE).get("/auth/me").problem == BLOCKED
    monkeypatch.setattr(clock, "now", lambda: end)
    assert Api(person, address=HERE).get("/auth/me").status == 200


def test_pages_are_refused_as_pages_and_their_style_is_served(person: Person) -> None:
    block("address", HERE)
    browser, free = Client(REMOTE_ADDR=HERE), Client(REMOTE_ADDR=NEARBY)

    for path in ("/sign-in", "/sign-up", "/admin/login/", "/welcome", "/auth/verify-email?token=x", "/docs"):
        answer = browser.get(path, headers={"accept": ACCEPT})
        assert (answer.status_code, answer["Cache-Control"]) == (403, "no-store"), path
        assert TOLD in answer.content.decode(), path
        assert free.get(path, headers={"accept": ACCEPT}).status_code != 403, path
    style = browser.get(STYLE)
    assert style.status_code == 200
    style.close()
    assert browser.post("/admin/login/", {"username": person.username}).json()["error"] == "ACCESS_BLOCKED"


# By user and e-mail ----------------------------------------------------------------------------------


def test_a_blocked_user_is_refused_at_once_and_is_free_again_once_the_rule_is_gone(person: Person) -> None:
    assert Api(person).get("/auth/me").status == 200
    tokens = Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).json

    block("user", person.username)

    refused = Api().post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert Api(person).get("/auth/me").problem == refused.problem == BLOCKED
    assert Api(person).get("/health").status in {200, 503}
    assert sign_in(person.username) == BLOCKED
    assert sign_in(person.username, "wrong") == (401, "INVALID_CREDENTIALS")

    remove("block", "user", person.id)

    assert Api(person).get("/auth/me").status == 200
    assert Api().post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}).status == 200
    assert sign_in(person.username) == (200, "")


def test_a_blocked_user_is_refused_in_the_browser() -> None:
    person = new_person(is_staff=True)
    new_person(is_staff=True)
    console = Console(person)
    assert console.get("/admin/").status == 200

    block("user", person.id)

    assert console.get("/admin/").status == 403
    again = Console().sign_in(person.username)
    assert TOLD in again.text
    remove("block", "user", person.id)
    assert console.get("/admin/").status == 200


def test_nobody_signs_in_or_registers_with_a_blocked_email_whether_or_not_it_is_anybodys(
    person: Person,
) -> None:
    block("email", person.email.upper())
    block("email", "wren@example.com")
    newcomer = {"username": "wren", "email": "Wren@Example.com", "password": PASSWORD}

    assert sign_in(person.email) == sign_in("wren@example.com", "wrong") == BLOCKED
    assert sign_in(person.username) == BLOCKED
    assert sign_in(person.username, "wrong") == (401, "INVALID_CREDENTIALS")
    assert Api().post("/auth/register", newcomer).problem == BLOCKED
    for path in ("/auth/forgot-password", "/auth/resend-verification"):
        assert Api().post(path, {"email": "wren@example.com"}).problem == BLOCKED
    asked = {"email": "wren@example.com", "password": PASSWORD}
    assert Api(person).put("/auth/email", asked).problem == BLOCKED
    assert documents("link_requests", "email_outbox") == {"link_requests": [], "email_outbox": []}
    assert TOLD in Console().sign_in("wren@example.com").text

    remove("block", "email", "wren@example.com")

    assert Api().post("/auth/register", newcomer).status == 201


def test_the_gate_asks_nobody(person: Person) -> None:
    block("address", HERE)
    Api(person, address=HERE).get("/auth/me")

    with commands.recorded() as sent:
        assert Api(person, address=HERE).get("/auth/me").problem == BLOCKED

    assert sent == []


def test_rules_are_read_only_when_they_have_changed() -> None:
    block("address", HERE)
    reading = in_force._Reading()  # noqa: SLF001  # what the copy reads by, without its thread

    first = reading()

    assert {rule.value for rule in first.every} == {HERE}
    assert reading() is first
    block("address", NEARBY)
    assert {rule.value for rule in reading().every} == {HERE, NEARBY}


def test_rules_that_a_restore_brought_back_are_read_after_a_while() -> None:
    block("address", HERE)
    reading = in_force._Reading()  # noqa: SLF001  # as above
    reading()
    collection("access_rules").delete({})
    assert {rule.value for rule in reading().every} == {HERE}

    reading._good_until -= in_force.READ_ANYWAY_SECONDS  # noqa: SLF001  # so much time goes by

    assert reading().every == ()
