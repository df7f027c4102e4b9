"""One call of the WSGI application: run on a worker's thread, answered on the event loop's."""

import asyncio
import functools
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

import pymongo
import structlog

from ops import deadline
from ops.logs import logger
from ops.server.asgi import Environ, RawHeaders, Receive, WsgiApplication
from ops.server.errors import FailedError
from ops.server.stream import Stream

# The application's part of a request's time: of 3 s all but 0.6. In the rest the driver notices that the time
# is over (``ops.mongo.breaker.LOOK_SECONDS``), a unit of work has its transaction ended, the refusal is sent.
WORK_SHARE = 0.8
# Waiting ends later than that: when a database that is away stops the first calls, the breaker opens, and
# those that waited behind them are told the same and not that there is too much to do.
WAIT_SHARE = 0.95
EMPTY_STATUSES = frozenset({204, 304})
_names: dict[str, bytes] = {}
log = logger(__name__)


class Head(NamedTuple):
    """Status and headers, as ASGI wants them."""

    status: int
    headers: RawHeaders


class Answer(NamedTuple):
    """An answer; its body is whole, or comes piece by piece."""

    head: Head
    body: bytes | Stream


class Call:
    """A request between the moment it is complete and its answer."""

    __slots__ = (
        "_application",
        "_environ",
        "_receive",
        "_stream_seconds",
        "_watcher",
        "answer",
        "loop",
        "wait_until",
        "work_until",
    )

    def __init__(  # noqa: PLR0913  # made in one place, and all of it is needed there
        self,
        application: WsgiApplication,
        environ: Environ,
        *,
        loop: asyncio.AbstractEventLoop,
        receive: Receive,
        seconds: float,
        stream_seconds: float,
    ) -> None:
        """Take the request; its time began when it was accepted."""
        self._application = application
        self._environ = environ
        self._receive = receive
        self._stream_seconds = stream_seconds
        self._watcher: asyncio.Task[None] | None = None
        self.loop = loop
        self.work_until: float = environ["sbd.accepted_at"] + seconds * WORK_SHARE
        self.wait_until: float = environ["sbd.accepted_at"] + seconds * WAIT_SHARE
        self.answer: asyncio.Future[Answer] = loop.create_future()

    # On the event loop's thread -------------------------------------------------------------------

    def refuse(self, error: Exception) -> None:
        """Answer with an error; does nothing when there is an answer already."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def watch(self, gone: Callable[["Call"], None]) -> None:
        """Call ``gone`` when the client cuts the connection while this waits."""
        if self._watcher is None:
            watch = until_gone(self._receive, functools.partial(gone, self))
            self._watcher = self.loop.create_task(watch)

    def unwatch(self) -> None:
        """End the watch."""
        if self._watcher is not None:
            self._watcher.cancel()

    def _deliver(self, answer: Answer) -> None:
        if self.answer.done():
            # The task was cancelled: nobody will read the stream.
            if isinstance(answer.body, Stream):
                answer.body.stop()
        else:
            self.answer.set_result(answer)

    # On a worker's thread -------------------------------------------------------------------------

    def is_late(self) -> bool:
        """Tell whether there is no time left to work on it."""
        return time.monotonic() >= self.work_until

    def refuse_unrun(self, error: Exception) -> None:
        """Answer with an error in place of a run."""
        self._on_loop(self.refuse, error)

    def run(self) -> None:
        """Call the application and hand the answer over; never raises."""
        if self.answer.done():
            return
        try:
            self._run()
        except BaseException:  # the thread must live on, whatever the application did
            log.exception("application failed")
            failed = FailedError(structlog.contextvars.get_contextvars().get("request_id"))
            self._on_loop(self.refuse, failed)

    def _run(self) -> None:
        head: list[Head] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if head and exc_info is None:
                msg = "start_response was called twice"
                raise RuntimeError(msg)
            head[:] = [Head(int(status[:3]), _raw(headers))]
            return written.append

        # At least something: pymongo.timeout(0) would mean no limit at all.
        left = max(self.work_until - time.monotonic(), 0.001)
        with deadline.within(left), pymongo.timeout(left):
            result = self._application(self._environ, start_response)
            if isinstance(result, list | tuple) or getattr(result, "streaming", None) is False:
                body = _whole(result)
                if written:
                    body = b"".join(written) + body
                self._on_loop(self._deliver, _measured(head[0], body))
                return
        # A file that is made of very many documents says itself how long it may take.
        seconds: float = getattr(result, "stream_seconds", self._stream_seconds)
        with deadline.within(seconds), pymongo.timeout(seconds):
            self._run_stream(result, head, written, seconds)

    def _run_stream(
        self, result: Iterable[bytes], head: list[Head], written: list[bytes], seconds: float
    ) -> None:
        stream = Stream(self.loop, seconds=seconds)
        try:
            pieces = iter(result)
            # The head goes with the first piece: until then the application may still fail.
            first = b"".join((*written, next(pieces, b"")))
            empty = head[0].status in EMPTY_STATUSES
            self._on_loop(self._deliver, Answer(_bare(head[0]) if empty else head[0], stream))
            if empty or self._environ["REQUEST_METHOD"] == "HEAD":
                stream.end()
            else:
                _pump(stream, chain((first,), pieces))
        finally:
            _close(result)

    def _on_loop(self, function: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends
            self.loop.call_soon_threadsafe(function, *arguments)


async def until_gone(receive: Receive, gone: Callable[[], object]) -> None:
    """Wait until the client cuts the connection, then call ``gone``."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone()


def _pump(stream: Stream, pieces: Iterable[bytes]) -> None:
    try:
        if all(stream.push(piece) for piece in pieces):
            stream.end()
    except BaseException:  # as in `run`; the head is sent, so it cannot become a 500
        log.exception("stream failed")
        stream.break_off()


def _whole(result: Iterable[bytes]) -> bytes:
    try:
        return b"".join(result)
    finally:
        _close(result)


def _close(result: object) -> None:
    close = getattr(result, "close", None)
    if close is not None:
        close()


def _raw(headers: list[tuple[str, str]]) -> RawHeaders:
    raw = []
    for name, value in headers:
        known = _names.get(name)
        if known is None:
            # Few, since they come from the application and not from outside.
            known = _names[name] = name.lower().encode("latin-1")
        raw.append((known, value.encode("latin-1")))
    return raw


def _measured(head: Head, body: bytes) -> Answer:
    """Add the length; without it each answer would go out in chunked encoding."""
    if head.status in EMPTY_STATUSES:
        return Answer(_bare(head), b"")
    if not any(name == b"content-length" for name, _ in head.headers):
        head.headers.append((b"content-length", b"%d" % len(body)))
    return Answer(head, body)


def _bare(head: Head) -> Head:
    """Return the head of an answer that has no body, whatever length the application told."""
    return Head(head.status, [each for each in head.headers if each[0] != b"content-length"])
