"""Answers that come piece by piece."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops import deadline
from ops.server.asgi import Environ
from ops.server.stream import WINDOW_BYTES
from tests.ops.server.conftest import Serve
from tests.ops.server.served import WAIT_SECONDS, Line, answer, request, until

PIECE = b"x" * 16 * 1024


class Source:
    """An application whose answer is a stream that the test steers."""

    def __init__(self) -> None:
        """Start with a stream of two pieces, the second of which waits for ``more``."""
        self.more = threading.Event()
        self.closed = threading.Event()
        self.pieces: Callable[[], Iterator[bytes]] = self._two
        self.headers: list[tuple[str, str]] = []
        self.made = 0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        """Answer with the stream, or at once on ``/plain``."""
        if environ["PATH_INFO"] == "/plain":
            return answer(start_response, b"plain")
        start_response("200 OK", self.headers)
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Make the pieces."""
        return self.pieces()

    def close(self) -> None:
        """Note that the stream is over."""
        self.closed.set()

    def endless(self) -> Iterator[bytes]:
        """Make pieces for ever, and count them."""
        while True:
            self.made += 1
            yield PIECE

    def _two(self) -> Iterator[bytes]:
        yield b"first"
        self.more.wait(WAIT_SECONDS)
        yield b"second"


def broken(*pieces: bytes) -> Iterator[bytes]:
    yield from pieces
    raise RuntimeError("secret")


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()
    yield source
    source.more.set()


def test_each_piece_comes_when_it_is_made(serve: Serve, source: Source) -> None:
    answer = serve(source).line().send(request("GET", "/")).head()

    assert answer.getheader("Transfer-Encoding") == "chunked"
    assert answer.read1(100) == b"first"  # the second is not made yet
    source.more.set()
    assert answer.read() == b"second"
    assert source.closed.wait(WAIT_SECONDS)


def test_a_stream_of_known_length_keeps_its_length(serve: Serve, source: Source) -> None:
    source.headers = [("Content-Length", "11")]
    source.more.set()

    reply = serve(source).ask("GET", "/")

    assert (reply.body, reply.headers["content-length"]) == (b"firstsecond", "11")


@pytest.mark.parametrize("headers", [[], [("Content-Length", "11")]], ids=["chunked", "of known length"])
def test_a_stream_that_fails_is_not_taken_for_a_whole_one(
    serve: Serve, source: Source, headers: list[tuple[str, str]]
) -> None:
    source.pieces, source.headers = lambda: broken(b"first"), headers
    server = serve(source)

    with pytest.raises(http.client.IncompleteRead) as cut:
        server.ask("GET", "/")

    assert cut.value.partial == b"first"
    assert source.closed.wait(WAIT_SECONDS)
    assert server.ask("GET", "/plain").body == b"plain"


def test_a_stream_that_fails_before_its_first_piece_is_a_500(serve: Serve, source: Source) -> None:
    source.pieces = broken

    assert serve(source).ask("GET", "/").problem == (500, "INTERNAL_ERROR")
    assert source.closed.is_set()


def test_a_stream_of_nothing_is_an_empty_answer(serve: Serve, source: Source) -> None:
    source.pieces = lambda: iter(())

    assert serve(source).ask("GET", "/").body == b""
    assert source.closed.wait(WAIT_SECONDS)


def test_head_of_a_stream_makes_no_more_than_its_first_piece(serve: Serve, source: Source) -> None:
    source.pieces = source.endless

    reply = serve(source).ask("HEAD", "/")

    assert (reply.status, reply.body) == (200, b"")
    assert source.closed.wait(WAIT_SECONDS)
    assert source.made == 1


def test_who_hangs_up_ends_the_stream(serve: Serve, source: Source) -> None:
    source.pieces = source.endless
    server = serve(source, threads=1)
    line = server.line().send(request("GET", "/"))
    assert line.head().read1(100)[:1] == b"x"

    line.close()

    assert source.closed.wait(WAIT_SECONDS)
    assert server.ask("GET", "/plain").body == b"plain"  # the one thread is free again


def test_a_stream_is_never_far_ahead_of_who_reads_it(serve: Serve, source: Source) -> None:
    source.pieces = source.endless
    line = Line(serve(source, stream_seconds=1.0).port)
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    line.send(request("GET", "/"))

    assert source.closed.wait(WAIT_SECONDS)  # its time is over: nobody read

    # What the kernel and the server hold besides is below 16 MiB, and without a bound this were gigabytes.
    assert WINDOW_BYTES <= source.made * len(PIECE) < WINDOW_BYTES + 16 * 1024 * 1024
    line.close()


def test_a_stream_that_takes_too_long_is_cut(serve: Serve, source: Source) -> None:
    server = serve(source, stream_seconds=0.3)

    with pytest.raises(http.client.IncompleteRead) as cut:
        server.ask("GET", "/")

    assert cut.value.partial == b"first"
    source.more.set()
    assert source.closed.wait(WAIT_SECONDS)


def test_a_stream_has_its_own_time(serve: Serve, source: Source) -> None:
    left: list[float | None] = []

    def pieces() -> Iterator[bytes]:
        left.append(deadline.remaining())
        yield b""

    source.pieces = pieces
    serve(source, seconds=3.0, stream_seconds=600.0).ask("GET", "/")

    assert 500 < (left[0] or 0) <= 600


def test_a_stream_may_say_how_long_it_takes(serve: Serve, source: Source) -> None:
    given: list[float | None] = []

    def timed() -> Iterator[bytes]:
        given.append(deadline.remaining())
        yield b"first"

    source.pieces, source.stream_seconds = timed, 6000.0  # type: ignore[attr-defined]  # an answer's own
    serve(source, seconds=3.0, stream_seconds=600.0).ask("GET", "/")

    assert given[0] is not None
    assert given[0] > 600.0


def test_while_one_streams_slowly_health_and_others_answer(serve: Serve, source: Source) -> None:
    server = serve(source, threads=2)
    slow = server.line().send(request("GET", "/")).head()
    assert slow.read1(100) == b"first"
    until(lambda: server.web["busy"] == 1)

    assert server.ask("GET", "/plain").body == b"plain"
    source.more.set()
    assert slow.read() == b"second"
