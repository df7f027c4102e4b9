"""POST /auth/login. Source: HTTP contract, sections 1.1 and 11."""

from typing import Any
from urllib.parse import urlencode

import pytest

from family_site.identity.actions.disabling import disable
from ops import clock
from ops.actors import Actor
from tests.api import Answer, Api
from tests.database import audit, documents, public_part
from tests.factories import PASSWORD, Person, new_person
from tests.family_site.test_register_api import TOKENS

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def robin() -> Person:
    return new_person("robin")


@pytest.fixture
def disabled() -> Person:
    person = new_person()
    disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Lost device")
    return person


def but_for_the_request(answer: Answer) -> tuple[int, dict[str, Any], dict[str, str]]:
    body = {name: value for name, value in answer.json.items() if name != "request_id"}
    return answer.status, body, answer.lasting_headers


def but_for_the_counters() -> dict[str, list[dict[str, Any]]]:
    return {name: found for name, found in documents().items() if name != "sign_in_failures"}


def log_in(**body: Any) -> Answer:
    return Api().post("/auth/login", {"password": PASSWORD, **body})


def log_in_by_form(**body: str) -> Answer:
    return Api().send(
        "POST", "/auth/login", urlencode({"password": PASSWORD, **body}).encode(), content_type=FORM
    )


@pytest.mark.parametrize("send", [log_in, log_in_by_form])
@pytest.mark.parametrize("field", ["username", "email"])
@pytest.mark.parametrize("name", ["robin", "ROBIN", "robin@example.com", "Robin@Example.com", " robin "])
def test_name_and_address_may_stand_in_either_field(robin: Person, send: Any, field: str, name: str) -> None:
    answer = send(**{field: name})

    assert answer.status == 200
    assert answer.json.keys() == TOKENS
    assert answer.json["user"]["user_id"] == robin.id
    assert answer.headers["Cache-Control"] == "no-store"


def test_signing_in_opens_one_session_and_leaves_one_audit_entry(robin: Person) -> None:
    before = documents("sessions", "audit_log")

    answer = log_in(username="robin")

    opened = [each for each in documents("sessions")["sessions"] if each not in before["sessions"]]
    assert [(each["_id"], each["user_id"]) for each in opened] == [(answer.json["session_id"], robin.id)]
    (entry,) = [each for each in audit() if each not in before["audit_log"]]
    assert (entry["actor"], entry["target"]) == (robin.id, answer.json["session_id"])
    assert "robin" not in public_part(entry)
    everything = repr(documents())
    assert answer.json["access_token"] not in everything
    assert answer.json["refresh_token"] not in everything


@pytest.mark.usefixtures("robin")
def test_a_form_of_a_browser_with_its_charset_is_taken() -> None:
    body = urlencode({"username": "robin", "password": PASSWORD}).encode()

    assert Api().send("POST", "/auth/login", body, content_type=f"{FORM}; charset=UTF-8").status == 200


@pytest.mark.parametrize("send", [log_in, log_in_by_form])
@pytest.mark.usefixtures("robin")
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(send: Any) -> None:
    before = but_for_the_counters()

    wrong = send(username="robin", password="Quite-Wrong-7!")
    unknown = send(username="nobody", password="Quite-Wrong-7!")
    unknown_address = send(email="nobody@example.com", password="Quite-Wrong-7!")

    assert wrong.problem == (401, "INVALID_CREDENTIALS")
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    assert but_for_the_request(wrong) == but_for_the_request(unknown) == but_for_the_request(unknown_address)
    assert but_for_the_counters() == before


def test_a_disabled_user_is_told_so_only_after_the_right_password(disabled: Person) -> None:
    before = but_for_the_counters()

    wrong = log_in(username=disabled.username, password="Quite-Wrong-7!")
    right = log_in(username=disabled.username)

    assert wrong.problem == (401, "INVALID_CREDENTIALS")
    assert right.problem == (403, "ACCOUNT_DISABLED")
    assert but_for_the_counters() == before


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("username", "required"), ("password", "required")}),
        ({"password": PASSWORD}, {("username", "required")}),
        ({"username": "robin"}, {("password", "required")}),
        (
            {"username": "robin", "email": "robin@example.com", "password": PASSWORD},
            {("username", "not_allowed")},
        ),
        ({"username": "", "password": PASSWORD}, {("username", "too_short")}),
        ({"username": "robin", "password": ""}, {("password", "too_short")}),
        ({"username": "robin", "password": "a" * 129}, {("password", "too_long")}),
        ({"username": None, "password": PASSWORD}, {("username", "null")}),
        (
            {"username": {"$ne": ""}, "password": {"$gt": ""}},
            {("username", "invalid_type"), ("password", "invalid_type")},
        ),
        ({"username": "robin", "password": PASSWORD, "role": "staff"}, {("role", "unknown_field")}),
    ],
)
@pytest.mark.usefixtures("robin")
def test_a_body_of_another_shape_is_refused(body: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    before = documents()

    assert Api().post("/auth/login", body).faults == faults
    assert documents() == before


@pytest.mark.parametrize(
    "body",
    [
        b"username=robin&password=x&role=staff",
        b"username=robin&username=wren&password=x",
        b"username[$ne]=x&password[$gt]=",
        b"username=robin",
        b"username=%ff&password=x",
        b"username=\xff&password=x",
        b"username=robin%00&password=x",
        b"&".join(b"a%d=1" % number for number in range(2000)),
        b"{}",
    ],
)
@pytest.mark.usefixtures("robin")
def test_a_form_of_another_shape_is_refused(body: bytes) -> None:
    before = documents()

    assert Api().send("POST", "/auth/login", body, content_type=FORM).problem == (400, "VALIDATION_ERROR")
    assert documents() == before


@pytest.mark.usefixtures("robin")
def test_a_form_larger_than_any_body_is_refused() -> None:
    body = b"username=robin&password=" + b"x" * 70_000

    assert Api().send("POST", "/auth/login", body, content_type=FORM).problem == (413, "PAYLOAD_TOO_LARGE")
