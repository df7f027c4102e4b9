"""What comes back for what the application does."""

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import pytest
import structlog

from ops import deadline
from ops.server.asgi import Environ
from tests.ops.server.conftest import Serve
from tests.ops.server.served import Gate, answer, request

StartResponse = Callable[..., Any]
left_behind: ContextVar[str] = ContextVar("left_behind", default="nothing")


def test_head_is_the_answer_to_get_without_its_body(serve: Serve, gate: Gate) -> None:
    line = serve(gate).line()

    head = line.send(request("HEAD", "/hello")).reply("HEAD")
    get = line.send(request("GET", "/hello")).reply()

    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "6")
    assert (get.status, get.body, get.headers["content-length"]) == (200, b"/hello", "6")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("body", [[], [b"wrong"], iter([b"wrong"])], ids=["none", "whole", "streamed"])
def test_an_answer_without_a_body_has_neither_body_nor_length(
    serve: Serve, status: str, body: Iterable[bytes]
) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/next":
            return answer(start_response, b"next")
        start_response(status, [("Content-Length", "5")])
        return body

    line = serve(application).line()
    empty = line.send(request("GET", "/")).reply()
    following = line.send(request("GET", "/next")).reply()

    assert (empty.status, empty.body) == (int(status[:3]), b"")
    assert "content-length" not in empty.headers
    assert "transfer-encoding" not in empty.headers
    assert following.body == b"next"


def raises_at_once(_environ: Environ, _start_response: StartResponse) -> list[bytes]:
    raise RuntimeError("secret")


def raises_after_its_head(_environ: Environ, start_response: StartResponse) -> list[bytes]:
    start_response("200 OK", [])
    raise RuntimeError("secret")


def has_no_head(_environ: Environ, _start_response: StartResponse) -> list[bytes]:
    return [b"secret"]


def has_two_heads(_environ: Environ, start_response: StartResponse) -> list[bytes]:
    start_response("200 OK", [])
    start_response("201 Created", [])
    return [b"secret"]


def exits(_environ: Environ, _start_response: StartResponse) -> list[bytes]:
    raise SystemExit("secret")


@pytest.mark.parametrize(
    "application", [raises_at_once, raises_after_its_head, has_no_head, has_two_heads, exits]
)
def test_a_defect_is_one_500_that_says_nothing_and_the_thread_lives_on(
    serve: Serve, application: Any
) -> None:
    server = serve(application, threads=1)
    line = server.line()

    for _ in range(3):
        reply = line.send(request("GET", "/", "X-Request-ID: given-by-client")).reply()

        assert reply.problem == (500, "INTERNAL_ERROR")
        assert reply.headers["x-request-id"] == "given-by-client"
        assert b"secret" not in reply.body
    assert server.web["threads"] == 1


def test_the_answer_names_the_id_under_which_the_log_has_it(serve: Serve) -> None:
    def application(_environ: Environ, _start_response: StartResponse) -> list[bytes]:
        structlog.contextvars.bind_contextvars(request_id="chosen-by-us")
        raise RuntimeError

    assert serve(application).ask("GET", "/").headers["x-request-id"] == "chosen-by-us"


@pytest.mark.parametrize("given", ["short", "x" * 65, "white space", "über-alles", "a" * 8 + ";"])
def test_a_request_id_that_is_none_is_replaced(serve: Serve, given: str) -> None:
    reply = serve(raises_at_once).ask("GET", "/", f"X-Request-ID: {given}")

    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])


def test_a_head_with_exc_info_replaces_the_first(serve: Serve) -> None:
    def application(_environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        start_response("418 I'm a Teapot", [], (RuntimeError, RuntimeError(), None))
        return [b"short"]

    reply = serve(application).ask("GET", "/")

    assert (reply.status, reply.body) == (418, b"short")


def test_what_is_written_comes_before_what_is_returned(serve: Serve) -> None:
    def application(_environ: Environ, start_response: StartResponse) -> list[bytes]:
        write = start_response("200 OK", [])
        write(b"written, ")
        return [b"returned"]

    assert serve(application).ask("GET", "/").body == b"written, returned"


def test_the_end_of_an_answer_is_told_to_the_application(serve: Serve) -> None:
    closed: list[str] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append("closed")

    def application(_environ: Environ, start_response: StartResponse) -> Body:
        return Body(answer(start_response, b"body"))

    assert serve(application).ask("GET", "/").body == b"body"
    assert closed == ["closed"]


def test_nothing_that_one_request_binds_reaches_the_next(serve: Serve) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        found = f"{left_behind.get()} {structlog.contextvars.get_contextvars()}"
        left_behind.set(environ["PATH_INFO"])
        structlog.contextvars.bind_contextvars(user=environ["PATH_INFO"])
        return answer(start_response, found.encode())

    server = serve(application, threads=1)

    assert server.ask("GET", "/first").body == b"nothing {}"
    assert server.ask("GET", "/second").body == b"nothing {}"


def test_the_application_knows_how_much_time_it_has(serve: Serve) -> None:
    found: dict[str, float | None] = {}

    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        found[environ["PATH_INFO"]] = deadline.remaining()
        return answer(start_response, b"")

    server = serve(application, seconds=100.0, seconds_by_prefix={"/upload": 1000.0, "/upload/small": 200.0})
    for path in ("/other", "/upload/1", "/upload/small/1"):
        server.ask("GET", path)

    assert {path: round((left or 0) / 10) for path, left in found.items()} == {
        "/other": 8,
        "/upload/1": 80,
        "/upload/small/1": 16,
    }


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the first bytes of TLS
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n bad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-A: \x00\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00" * 1000,
    ],
)
def test_garbage_ends_its_own_connection_and_nothing_else(serve: Serve, gate: Gate, garbage: bytes) -> None:
    server = serve(gate)
    line = server.line()

    assert line.send(garbage).is_cut()
    assert gate.paths == []
    assert server.ask("GET", "/well").body == b"/well"


def test_pipelined_requests_are_answered_in_order(serve: Serve, gate: Gate) -> None:
    line = serve(gate).line()

    line.send(b"".join(request("GET", f"/{number}") for number in range(20)))

    assert [line.reply().body for _ in range(20)] == [b"/%d" % number for number in range(20)]


def test_a_wish_for_a_websocket_is_answered_as_a_plain_request(serve: Serve, gate: Gate) -> None:
    wish = (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: eA==",
    )

    assert serve(gate).ask("GET", "/plain", *wish).body == b"/plain"
