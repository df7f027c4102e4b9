"""Bodies: read whole, limited before they are read, and not for ever."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.server.asgi import Environ, Message
from ops.server.bridge import Bridge
from ops.web.problems import rendered
from tests.ops.server.conftest import Serve
from tests.ops.server.served import Served, answer, request

LIMIT = 64 * 1024
CHUNKED = "Transfer-Encoding: chunked"


class Taken:
    """An application that keeps what it is sent."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.bodies: list[bytes] = []

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Keep the body."""
        self.bodies.append(environ["wsgi.input"].read())
        return answer(start_response, b"taken")


@pytest.fixture(scope="module")
def _server() -> Iterator[tuple[Served, Taken]]:
    taken = Taken()
    served = Served(taken, body_limits={"/photos": 10 * LIMIT, "/photos/small": LIMIT * 2})
    yield served, taken
    served.stop()


@pytest.fixture
def taken(_server: tuple[Served, Taken]) -> Taken:
    _server[1].bodies.clear()
    return _server[1]


@pytest.fixture
def server(_server: tuple[Served, Taken], taken: Taken) -> Served:  # noqa: ARG001  # emptied
    return _server[0]


def chunks(size: int, piece: int = 16 * 1024) -> bytes:
    parts = [b"x" * min(piece, size - start) for start in range(0, size, piece)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def test_64_kib_are_taken(server: Served, taken: Taken) -> None:
    assert server.ask("POST", "/", body=b"x" * LIMIT).body == b"taken"
    assert taken.bodies == [b"x" * LIMIT]


def test_one_byte_more_is_refused_before_it_is_sent(server: Served, taken: Taken) -> None:
    line = server.line().send(request("POST", "/", f"Content-Length: {LIMIT + 1}"))

    reply = line.reply()

    assert reply.problem == (413, "PAYLOAD_TOO_LARGE")
    assert reply.headers["connection"] == "close"
    assert line.is_cut()
    assert taken.bodies == []


def test_who_sends_it_all_the_same_still_gets_the_answer(server: Served, taken: Taken) -> None:
    reply = server.ask("POST", "/", body=b"x" * 4 * 1024 * 1024)

    assert reply.problem == (413, "PAYLOAD_TOO_LARGE")
    assert taken.bodies == []


@pytest.mark.long
def test_who_asks_first_is_not_told_to_go_on(server: Served) -> None:
    line = server.line().send(request("POST", "/", "Expect: 100-continue", f"Content-Length: {LIMIT + 1}"))

    assert line.makefile("rb").read(12) == b"HTTP/1.1 413"
    assert line.is_cut()


def test_who_asks_first_with_a_small_body_is_told_to_go_on(server: Served) -> None:
    line = server.line().send(request("POST", "/", "Expect: 100-continue", "Content-Length: 2"))

    assert line.makefile("rb").read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert line.send(b"{}").reply().body == b"taken"


def test_64_kib_without_a_length_are_taken(server: Served, taken: Taken) -> None:
    line = server.line().send(request("POST", "/", CHUNKED) + chunks(LIMIT) + b"0\r\n\r\n")

    assert line.reply().body == b"taken"
    assert taken.bodies == [b"x" * LIMIT]


@pytest.mark.long
def test_one_byte_more_without_a_length_is_refused_before_its_end(server: Served, taken: Taken) -> None:
    line = server.line().send(request("POST", "/", CHUNKED) + chunks(LIMIT + 1))

    reply = line.reply()

    assert reply.problem == (413, "PAYLOAD_TOO_LARGE")
    assert line.is_cut()
    assert taken.bodies == []


@pytest.mark.parametrize(("path", "limit"), [("/photos/1", 10 * LIMIT), ("/photos/small/1", 2 * LIMIT)])
def test_a_path_may_take_more(server: Served, taken: Taken, path: str, limit: int) -> None:
    assert server.ask("POST", path, body=b"x" * limit).body == b"taken"
    assert server.ask("POST", path, body=b"x" * (limit + 1)).problem == (413, "PAYLOAD_TOO_LARGE")
    assert [len(body) for body in taken.bodies] == [limit]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_of_a_get_is_no_body(server: Served, taken: Taken, method: str) -> None:
    line = server.line()

    first = line.send(request(method, "/", body=b"x" * (LIMIT + 1))).reply(method)
    second = line.send(request("POST", "/", body=b"second")).reply()

    assert (first.status, second.status) == (200, 200)
    assert taken.bodies == [b"", b"second"]


def test_more_than_its_length_is_no_part_of_the_body(server: Served, taken: Taken) -> None:
    following = request("POST", "/", body=b"next")
    line = server.line().send(request("POST", "/", "Content-Length: 5") + b"hello" + following)

    assert [line.reply().body, line.reply().body] == [b"taken", b"taken"]
    assert taken.bodies == [b"hello", b"next"]


def test_more_than_its_length_that_is_no_request_ends_the_connection(server: Served, taken: Taken) -> None:
    line = server.line().send(request("POST", "/", "Content-Length: 5") + b"hello\0 and more\r\n\r\n")

    assert line.is_cut()
    assert all(body == b"hello" for body in taken.bodies)


def test_less_than_its_length_is_never_run(server: Served, taken: Taken) -> None:
    line = server.line().send(request("POST", "/", "Content-Length: 100") + b"half")
    line.close()

    assert server.ask("POST", "/", body=b"next").status == 200
    assert taken.bodies == [b"next"]


@pytest.mark.parametrize("head", ["Content-Length: 100", CHUNKED])
def test_a_body_that_does_not_come_is_not_waited_for(serve: Serve, taken: Taken, head: str) -> None:
    line = serve(taken, body_seconds=0.2).line()

    reply = line.send(request("POST", "/", head) + b"4\r\nhalf\r\n").reply()

    assert reply.problem == (400, "VALIDATION_ERROR")
    assert reply.headers["connection"] == "close"
    assert line.is_cut()
    assert taken.bodies == []


WRONG_LENGTHS = ["abc", "-1", "+5", "5, 5", "5 5", "1_0", "0x5", "", "5.0", "\xb2", "9" * 30, "9" * 5000]


@pytest.mark.parametrize("length", WRONG_LENGTHS)
def test_a_wrong_length_is_refused_by_the_server(server: Served, taken: Taken, length: str) -> None:
    line = server.line().send(request("POST", "/", f"Content-Length: {length}") + b"hello")

    assert line.reply().status in {400, 413}
    assert line.is_cut()
    assert taken.bodies == []


@pytest.mark.parametrize(
    "heads",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", CHUNKED),
        (CHUNKED, "Content-Length: 5"),
    ],
)
def test_two_lengths_are_refused_by_the_server(server: Served, taken: Taken, heads: tuple[str, str]) -> None:
    line = server.line().send(request("POST", "/", *heads) + b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")

    assert line.reply().status == 400
    assert line.is_cut()
    assert taken.bodies == []


@pytest.mark.parametrize("lengths", [*([length] for length in WRONG_LENGTHS), ["5", "6"]])
def test_a_wrong_length_that_a_server_lets_pass_is_refused_by_the_bridge(
    taken: Taken, lengths: list[str]
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("nothing may be read")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-length", length.encode("latin-1")) for length in lengths],
    }
    asyncio.run(Bridge(taken, refuse=rendered)(scope, receive, send))

    assert sent[0]["status"] == 400
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b'"error":"VALIDATION_ERROR"' in sent[1]["body"]


def test_many_slow_senders_are_turned_away_before_memory_is_full(
    serve: Serve, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.server.body.HELD_BYTES", 100)
    server = serve(taken)
    slow = server.line().send(request("POST", "/", "Content-Length: 61") + b"x" * 60)

    one_more = server.line().send(request("POST", "/", "Content-Length: 61") + b"x" * 60).reply()

    assert one_more.problem == (503, "SERVICE_UNAVAILABLE")
    assert slow.send(b"x").reply().body == b"taken"
