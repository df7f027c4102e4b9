"""What holds for every call: order of checks, one error shape, headers.

Source: HTTP contract, sections 1.1, 1.2 and 2.
"""

import re
from typing import Any

import pytest

from ops.mongo.collections import Document
from tests.api import JSON, Api
from tests.database import documents
from tests.factories import Person, new_family

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
# Every path and the methods it knows.
METHODS = {
    "/auth/register": {"POST"},
    "/auth/login": {"POST"},
    "/auth/refresh": {"POST"},
    "/auth/logout": {"POST"},
    "/auth/me": {"GET", "HEAD"},
    "/auth/change-password": {"PUT"},
    "/auth/sessions": {"GET", "HEAD", "DELETE"},
    "/auth/sessions/ses_1": {"DELETE"},
    "/family/create": {"POST"},
    "/family/my-families": {"GET", "HEAD"},
    "/family/fam_1": {"GET", "HEAD", "PUT", "DELETE"},
    "/health": {"GET", "HEAD"},
    "/health/live": {"GET", "HEAD"},
    "/health/ready": {"GET", "HEAD"},
    "/family/health": {"GET", "HEAD"},
    "/family/health/liveness": {"GET", "HEAD"},
    "/family/health/readiness": {"GET", "HEAD"},
    "/schema": {"GET", "HEAD"},
    "/docs": {"GET", "HEAD"},
    "/docs/errors": {"GET", "HEAD"},
    "/status": {"GET", "HEAD"},
    "/status.json": {"GET", "HEAD"},
    "/status.atom": {"GET", "HEAD"},
}
UNKNOWN = [
    "/",
    "/auth",
    "/auth/me/",
    "/auth/login/",
    "/family",
    "/family/",
    "/family/create/",
    "/family/my-families/",
    "/family/fam_1/",
    "/family/fam_1/nothing",
    "/family//",
    "//family/my-families",
    "/Family/my-families",
    "/family/..%2fmy-families",
    "/health/",
    "/schema/",
    "/docs/",
    "/docs/errors/",
    "/docs/nothing",
    "/docsomething",
    "/static/nothing.css",
    "/.env",
    "/%00",
    "/%ff",
    "/favicon.ico",
]
NEED_SIGN_IN = [
    ("POST", "/auth/logout"),
    ("GET", "/auth/me"),
    ("PUT", "/auth/change-password"),
    ("GET", "/auth/sessions"),
    ("DELETE", "/auth/sessions"),
    ("DELETE", "/auth/sessions/ses_1"),
    ("POST", "/family/create"),
    ("GET", "/family/my-families"),
    ("GET", "/family/fam_1"),
    ("PUT", "/family/fam_1"),
]
WITH_BODY = [
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("POST", "/family/create"),
]


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


@pytest.mark.parametrize("path", METHODS)
def test_a_method_that_a_path_does_not_know_is_a_405_that_names_those_it_does(
    person: Person, path: str
) -> None:
    before = documents()

    for method in sorted(
        {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - METHODS[path]
    ):
        for client in (Api(), Api(person)):
            answer = client.send(method, path, {"name": "Crows"})
            assert answer.problem == (405, "METHOD_NOT_ALLOWED"), method
            assert set(answer.headers["Allow"].split(", ")) == METHODS[path]
    assert documents() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_404_in_the_one_shape_and_never_a_redirect(person: Person, method: str) -> None:
    for path in UNKNOWN:
        for client in (Api(), Api(person), Api(authorization="garbage")):
            answer = client.send(method, path, {"name": "Crows"} if method == "POST" else None)
            assert answer.problem == (404, "NOT_FOUND"), path
            assert "Location" not in answer.headers


@pytest.mark.parametrize(("method", "path"), NEED_SIGN_IN)
def test_without_credentials_it_is_a_401_whatever_the_body(method: str, path: str) -> None:
    bodies: list[Any] = [None, b"{broken", b"\xff", b"x" * 70_000, {"unknown": 1}, b"[" * 10_000]
    for body in bodies:
        for headers in ({}, {"content_type": "text/plain"}, {"accept": "image/png"}, {"if_match": "garbage"}):
            answer = Api().send(method, f"{path}?skip=1", body, **headers)
            assert answer.problem == (401, "AUTHENTICATION_REQUIRED")
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), NEED_SIGN_IN)
def test_with_a_bad_token_it_is_a_401_whatever_the_body(method: str, path: str) -> None:
    answer = Api(authorization="Bearer x.y.z").send(method, path, b"{broken")

    assert answer.problem == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "json",
        "*/*",
        "\xff",
    ],
)
def test_a_body_of_another_type_is_a_415(person: Person, method: str, path: str, content_type: str) -> None:
    before = documents()

    answer = Api(person).send(method, path, b'{"name": "Crows"}', content_type=content_type)

    assert answer.problem == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert JSON in answer.json["details"]["supported"]
    assert documents() == before


@pytest.mark.parametrize("path", ["/auth/register", "/auth/logout", "/family/create"])
def test_a_form_is_taken_for_signing_in_only(person: Person, path: str) -> None:
    before = documents()

    answer = Api(person).send("POST", path, b"name=Crows", content_type="application/x-www-form-urlencoded")

    assert answer.problem == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert documents() == before


def test_a_body_without_a_type_is_a_415(person: Person) -> None:
    assert Api(person).send("POST", "/family/create", b'{"name": "Crows"}', content_type="").problem == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;v=1"]
)
def test_json_is_taken_with_parameters_and_in_any_case(person: Person, content_type: str) -> None:
    answer = Api(person).send("POST", "/family/create", b'{"name":"Crows"}', content_type=content_type)

    assert (answer.status, answer.json["name"]) == (201, "Crows")


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_a_body_of_more_than_64_kib_is_a_413(person: Person, method: str, path: str) -> None:
    before = documents()

    for body in (b'{"name": "' + b"x" * 1_000_000 + b'"}', b" " * (64 * 1024 + 1)):
        answer = Api(person).send(method, path, body, content_type=JSON)
        assert answer.problem == (413, "PAYLOAD_TOO_LARGE")
        assert answer.json["details"] == {"limit": 64 * 1024}
    assert documents() == before


def test_a_body_of_exactly_64_kib_is_read(person: Person) -> None:
    body = b'{"name":"Crows"}'.ljust(64 * 1024)

    assert Api(person).send("POST", "/family/create", body, content_type=JSON).status == 201


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "image/*", "application/jsonx", "application/json;q=0"]
)
@pytest.mark.parametrize("path", ["/auth/me", "/family/my-families", "/health/live"])
def test_who_does_not_take_json_gets_a_406(person: Person, path: str, accept: str) -> None:
    assert Api(person).get(path, accept=accept).problem == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/*",
        "application/json",
        "application/json; charset=utf-8",
        "text/html, */*;q=0.1",
    ],
)
def test_who_takes_json_among_others_gets_it(person: Person, accept: str) -> None:
    answer = Api(person).get("/auth/me", accept=accept)

    assert (answer.status, answer.headers["Content-Type"]) == (200, JSON)


def test_answers_are_compact(person: Person) -> None:
    answer = Api(person).get("/auth/me")

    assert b'": ' not in answer.text
    assert b", " not in answer.text


@pytest.mark.parametrize("sent", ["abcdefgh", "A" * 64, "0f-_0f-_"])
def test_a_request_id_of_the_client_is_kept(person: Person, sent: str) -> None:
    for answer in (
        Api(person).get("/auth/me", x_request_id=sent),
        Api().get("/auth/me", x_request_id=sent),
        Api().get("/nothing", x_request_id=sent),
        Api().get("/docs/errors", x_request_id=sent),
    ):
        assert answer.headers["X-Request-ID"] == sent


@pytest.mark.parametrize(
    "sent", ["", "short", "A" * 65, "with space", "abcdefgh\n", "abc;defgh", "\xe9" * 8, "../../etc"]
)
def test_any_other_request_id_is_replaced(person: Person, sent: str) -> None:
    for client in (Api(person), Api()):
        given = client.get("/auth/me", x_request_id=sent).headers["X-Request-ID"]
        assert given != sent
        assert REQUEST_ID.match(given)


def test_every_call_gets_a_request_id_of_its_own(person: Person) -> None:
    assert len({Api(person).get("/auth/me").headers["X-Request-ID"] for _ in range(5)}) == 5


@pytest.mark.parametrize("name", ["skip", "offset"])
@pytest.mark.parametrize("path", ["/auth/me", "/family/my-families", "/family/fam_1", "/health/live"])
def test_pages_by_number_are_refused(person: Person, path: str, name: str) -> None:
    answer = Api(person).get(f"{path}?{name}=1")

    assert answer.faults == {(f"query.{name}", "use_cursor")}
    assert Api(person).get(f"{path}?skip&offset=").faults == {
        ("query.skip", "use_cursor"),
        ("query.offset", "use_cursor"),
    }


@pytest.mark.parametrize(
    "query",
    ["a=1", "format=xml", "format=api", "%ff=%ff", "limit[$gt]=1", "=&&=", "skipped=1", "_method=DELETE"],
)
def test_unknown_query_parameters_are_ignored(person: Person, query: str) -> None:
    plain = Api(person).get("/auth/me")

    answer = Api(person).get(f"/auth/me?{query}")

    assert (answer.status, answer.text) == (200, plain.text)


def test_a_head_is_the_get_without_a_body(person: Person, family: Document) -> None:
    path = f"/family/{family['_id']}"

    got, head = Api(person).get(path), Api(person).send("HEAD", path)

    assert (head.status, head.text, head.headers["ETag"]) == (200, b"", got.headers["ETag"])


def test_a_host_that_is_not_ours_opens_no_page() -> None:
    answer = Api(host="evil.example").get("/docs")

    assert answer.status < 500
    assert b"evil.example" not in answer.text
