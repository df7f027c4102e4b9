"""The shipped site of nginx shows the status page whatever is dead; behind it is what a test starts."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.ops.deploy.sites import Front
from tests.ports import refusing_port
from tests.tools import require

COPY = {"index.html": "<!doctype html><p>ä</p>", "status.json": '{"state":"down"}', "status.atom": "<feed/>"}
PATHS = {
    "/status": ("index.html", "text/html; charset=utf-8"),
    "/status.json": ("status.json", "application/json"),
    "/status.atom": ("status.atom", "application/atom+xml; charset=utf-8"),
}


class Application(BaseHTTPRequestHandler):
    """Answers what it is told to, by the path's last part."""

    status = 200

    def do_GET(self) -> None:  # the library's name
        """Answer."""
        self.send_response(self.status)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"fresh")

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with refusing_port() as port:
        yield port


@pytest.fixture(scope="module")
def front(
    request: pytest.FixtureRequest, upstream: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The shipped site; nothing is behind it but what a test starts."""
    nginx = require(request.config, "nginx")
    require(request.config, "openssl")
    at = tmp_path_factory.mktemp("status-site")
    at.chmod(0o755)
    front = Front(nginx, at, upstream)
    yield front
    front.stop()


@pytest.fixture
def copy(front: Front) -> Iterator[Path]:
    front.status.mkdir()
    for name, text in COPY.items():
        (front.status / name).write_text(text)
    yield front.status
    for path in front.status.iterdir():
        path.unlink()
    front.status.rmdir()


@pytest.fixture
def application(upstream: int) -> Iterator[type[Application]]:
    server = ThreadingHTTPServer(("127.0.0.1", upstream), Application)
    Thread(target=server.serve_forever, daemon=True).start()
    yield Application
    Application.status = 200
    server.shutdown()
    server.server_close()


def asked(front: Front, path: str) -> httpx.Response:
    with front.client() as client:
        return client.get(path)


@pytest.mark.usefixtures("copy", "application")
@pytest.mark.parametrize("path", PATHS)
def test_what_the_application_answers_is_passed_on(front: Front, path: str) -> None:
    answer = asked(front, path)

    assert (answer.status_code, answer.text) == (200, "fresh")
    assert "x-status-copy" not in answer.headers


@pytest.mark.usefixtures("copy")
@pytest.mark.parametrize("path", PATHS)
def test_without_an_application_the_copy_is_shown(front: Front, path: str) -> None:
    answer = asked(front, path)
    name, content_type = PATHS[path]

    assert (answer.status_code, answer.text) == (200, COPY[name])
    assert answer.headers["content-type"] == content_type
    assert answer.headers["x-status-copy"] == "1"
    assert answer.headers["cache-control"] == "public, max-age=15"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert answer.headers["x-request-id"]


@pytest.mark.usefixtures("copy")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_the_application_fails_to_answer_comes_from_the_copy(
    front: Front, application: type[Application], status: int
) -> None:
    application.status = status
    answer = asked(front, "/status.json")

    assert (answer.status_code, answer.text, answer.headers["x-status-copy"]) == (
        200,
        '{"state":"down"}',
        "1",
    )


@pytest.mark.usefixtures("copy")
@pytest.mark.parametrize("status", [304, 403, 405, 429])
def test_its_refusals_are_its_own(front: Front, application: type[Application], status: int) -> None:
    application.status = status
    answer = asked(front, "/status.json")

    assert (answer.status_code, "x-status-copy" in answer.headers) == (status, False)


@pytest.mark.long
@pytest.mark.usefixtures("copy")
def test_one_that_takes_calls_and_answers_none_is_not_waited_for(front: Front, upstream: int) -> None:
    with socket.create_server(("127.0.0.1", upstream)):
        answer = asked(front, "/status")

    assert (answer.status_code, answer.headers["x-status-copy"]) == (200, "1")


@pytest.mark.usefixtures("copy")
def test_maintenance_does_not_hide_it_and_who_is_kept_out_stays_out(front: Front) -> None:
    front.maintenance.touch()
    try:
        answer = asked(front, "/status.json")
    finally:
        front.maintenance.unlink()
    with front.client(source="127.0.0.3") as client:
        blocked = client.get("/status")

    assert answer.status_code == 200
    assert (blocked.status_code, blocked.json()["error"]) == (403, "ACCESS_BLOCKED")


def test_without_a_copy_people_and_programs_are_told_that_nobody_answers(front: Front) -> None:
    with front.client() as client:
        program = client.get("/status.json")
        person = client.get("/status", headers={"Accept": "text/html"})

    assert (program.status_code, program.json()["error"]) == (503, "SERVICE_UNAVAILABLE")
    assert (person.status_code, "<h1>Back soon</h1>" in person.text) == (503, True)


@pytest.mark.usefixtures("copy")
def test_nothing_else_of_the_copys_directory_is_to_be_had(front: Front) -> None:
    for path in ("/status/index.html", "/status/../maintenance", "/index.html", "/statuses"):
        assert "x-status-copy" not in asked(front, path).headers
