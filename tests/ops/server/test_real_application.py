"""The real application behind the bridge."""

import json
from collections.abc import Iterator

import pytest

from ops.web import handler
from tests.factories import Person
from tests.ops.server.served import Served, request


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    served = Served(handler.application())
    yield served
    served.stop()


def test_a_family_is_founded_and_seen_over_one_connection(server: Served, person: Person) -> None:
    signed_in, line = f"Authorization: Bearer {person.token}", server.line()
    founding = request("POST", "/family/create", signed_in, "Content-Type: application/json", body=b"{}")

    founded = line.send(founding).reply()
    mine = line.send(request("GET", "/family/my-families", signed_in)).reply()

    assert founded.status == 201
    assert [each["family_id"] for each in json.loads(mine.body)] == [json.loads(founded.body)["family_id"]]


def test_size_comes_before_sign_in_and_sign_in_before_the_body(server: Served) -> None:
    large = server.line().send(request("POST", "/family/create", "Content-Length: 65537")).reply()
    wrong = server.ask("POST", "/family/create", "Content-Type: text/plain", body=b"{")

    assert large.problem == (413, "PAYLOAD_TOO_LARGE")
    assert wrong.problem == (401, "AUTHENTICATION_REQUIRED")


def test_a_body_of_64_kib_reaches_the_application(server: Served, person: Person) -> None:
    body = json.dumps({"name": "x" * (64 * 1024 - 12)}).encode()
    signed_in = f"Authorization: Bearer {person.token}"

    refused = server.ask("POST", "/family/create", signed_in, "Content-Type: application/json", body=body)

    assert len(body) == 64 * 1024
    assert refused.problem == (400, "VALIDATION_ERROR")
    assert json.loads(refused.body)["details"][0]["code"] == "too_long"


@pytest.mark.parametrize("path", ["/%ff%fe", "/%00", "/nowhere", "//", "/%E2%80%AE", "/../etc/passwd", "/%"])
def test_a_path_of_any_bytes_is_a_404(server: Served, path: str) -> None:
    assert server.ask("GET", path).problem == (404, "NOT_FOUND")


@pytest.mark.parametrize("family_id", ["%ff", "%00", "fam_%F0%9F%98%80", "x" * 65])
def test_an_id_of_any_bytes_is_unknown(server: Served, person: Person, family_id: str) -> None:
    refused = server.ask("GET", f"/family/{family_id}", f"Authorization: Bearer {person.token}")

    assert refused.problem == (404, "FAMILY_NOT_FOUND")


def test_head_is_get_without_a_body(server: Served) -> None:
    line = server.line()

    head = line.send(request("HEAD", "/health/live")).reply("HEAD")
    get = line.send(request("GET", "/health/live")).reply()

    assert (head.status, head.body) == (get.status, b"") == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))


def test_a_file_is_streamed_whole(server: Served) -> None:
    file = server.ask("GET", "/static/admin/css/base.css")

    assert file.status == 200
    assert file.headers["content-length"] == str(len(file.body))
    assert b"DJANGO Admin styles" in file.body


def test_the_request_id_is_the_clients_or_a_new_one(server: Served) -> None:
    assert server.ask("GET", "/health/live", "X-Request-ID: abcdefgh").headers["x-request-id"] == "abcdefgh"
    assert server.ask("GET", "/health/live", "X_Request_ID: abcdefgh").headers["x-request-id"] != "abcdefgh"
