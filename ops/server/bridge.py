"""The bridge: an ASGI application that runs a WSGI application in fixed pools of threads.

uvicorn reads and writes on its event loop, the application works in threads, and nothing is made for a
request but what the request needs: Django's own ASGI handler makes an executor each time, and serves a
sixteenth as many. A request's time begins when it is complete. What waits for longer than its time is
refused from the queue, what runs is told how much is left (``ops.deadline``, ``pymongo.timeout``).

Source: design, section 2 (server).
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence

from ops.errors import DomainError, InternalError, ServiceUnavailableError
from ops.logs import logger
from ops.metrics import http
from ops.server import drain, environ
from ops.server.asgi import RawHeaders, Receive, Refuse, Scope, Send, WsgiApplication, header
from ops.server.body import Bodies
from ops.server.call import Answer, Call, Head, until_gone
from ops.server.errors import ClientGoneError, FailedError, UnreadBodyError
from ops.server.lane import Lane, LaneStats
from ops.server.memory import collect_less_often
from ops.server.stream import BrokenOffError, Stream

STOP_SECONDS = 10.0
# How often the lanes' state is told to the metrics.
TELL_SECONDS = 1.0
# After a refusal without reading, what still comes is thrown away for this long: closing at once would
# reset the connection, and the client might never see the answer.
LINGER_SECONDS, LINGER_BYTES = 2.0, 16 * 1024 * 1024
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}\Z")
log = logger(__name__)


class Bridge:
    """The server's entrance."""

    def __init__(  # noqa: PLR0913  # each is a number of the deployment, given by name in one place
        self,
        application: WsgiApplication,
        *,
        refuse: Refuse,
        overload: Callable[[], DomainError] = ServiceUnavailableError,
        threads: int = 4,
        queue_limit: int = 256,
        health_prefixes: Sequence[str] = (
            "/health",
            "/family/health",
            "/status",
            "/status.json",
            "/status.atom",
        ),
        health_threads: int = 2,
        seconds: float = 3.0,
        seconds_by_prefix: Mapping[str, float] | None = None,
        body_limits: Mapping[str, int] | None = None,
        body_seconds: float = 10.0,
        stream_seconds: float = 60.0,
        on_start: Sequence[Callable[[], object]] = (),
        on_stop: Sequence[Callable[[], object]] = (),
    ) -> None:
        """Describe the server; nothing runs before ``lifespan.startup``.

        Args:
            application: the WSGI application.
            refuse: makes the answer of a refusal (``ops.web.problems.rendered``).
            overload: says what to answer a request that finds no room in the queue, or no thread in time.
            threads: how many requests are worked on at one time.
            queue_limit: how many may wait; the next one is refused at once.
            health_prefixes: paths that have a lane of their own, so that they answer whatever the rest does.
            health_threads: threads of that lane.
            seconds: a request's time, from its last byte to its answer.
            seconds_by_prefix: another time for the paths that begin so.
            body_limits: more bytes than 64 KiB for the paths that begin so.
            body_seconds: time for sending a body of 64 KiB; larger ones get more.
            stream_seconds: time for a streamed answer, up to its last piece.
            on_start: called in this order when the server starts.
            on_stop: called in this order when it ends, after the last answer; they may wait.
        """
        self._application = application
        self._refuse = refuse
        self._health_prefixes = tuple(health_prefixes)
        self._web = Lane("web", threads=threads, queue_limit=queue_limit, overload=overload)
        self._health = Lane("health", threads=health_threads, queue_limit=queue_limit, overload=overload)
        self._seconds = seconds
        longest_first = sorted((seconds_by_prefix or {}).items(), key=lambda entry: -len(entry[0]))
        self._seconds_by_prefix = dict(longest_first)
        self._other_seconds = tuple(self._seconds_by_prefix)
        self._bodies = Bodies(limits=body_limits or {}, seconds=body_seconds)
        self._stream_seconds = stream_seconds
        self._on_start = tuple(on_start)
        self._on_stop = tuple(on_stop)

    def stats(self) -> dict[str, LaneStats]:
        """Return the numbers of each lane, for the metrics. Safe on any thread."""
        return {"web": self._web.stats(), "health": self._health.stats()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the server's start and end."""
        kind = scope["type"]
        if kind == "http":
            await self._serve(scope, receive, send)
        elif kind == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})  # the contract has no WebSocket

    # A request ------------------------------------------------------------------------------------

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except UnreadBodyError as refusal:
            await self._send_refusal(refusal, scope, send, unread=receive)
            return
        except DomainError as refusal:
            await self._send_refusal(refusal, scope, send)
            return
        except FailedError as failed:
            http.refusals.inc(http.OTHER)
            await self._send_refusal(InternalError(), scope, send, request_id=failed.request_id)
            return
        except asyncio.CancelledError:
            # The server ends and has waited long enough; a task that raised would be logged as a defect.
            http.refusals.inc(http.OTHER)
            await self._send_refusal(ServiceUnavailableError(), scope, send)
            return
        head, body = answer
        await _send_head(send, head)
        if isinstance(body, Stream):
            await self._send_stream(body, receive, send)
        else:
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path = environ.path_info(scope)
        try:
            body = await self._bodies.read(scope, path, receive)
        except DomainError:
            http.refusals.inc(http.BODY)
            raise
        call = Call(
            self._application,
            environ.build(scope, path, body, time.monotonic()),
            loop=asyncio.get_running_loop(),
            receive=receive,
            seconds=self._time_for(path),
            stream_seconds=self._stream_seconds,
        )
        lane = self._health if self._is_health(path) else self._web
        lane.offer(call)
        try:
            return await call.answer
        finally:
            call.unwatch()

    def _is_health(self, path: str) -> bool:
        return any(path == each or path.startswith(f"{each}/") for each in self._health_prefixes)

    def _time_for(self, path: str) -> float:
        if path.startswith(self._other_seconds):
            for prefix, seconds in self._seconds_by_prefix.items():
                if path.startswith(prefix):
                    return seconds
        return self._seconds

    # Answers --------------------------------------------------------------------------------------

    async def _send_stream(self, stream: Stream, receive: Receive, send: Send) -> None:
        watcher = asyncio.create_task(until_gone(receive, stream.stop))
        try:
            async with asyncio.timeout(stream.until - time.monotonic()):
                async for piece in stream.pieces():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (BrokenOffError, TimeoutError):
            # Returning without an end makes the server cut the connection: the client must not take
            # half an answer for a whole one.
            return
        finally:
            watcher.cancel()
            stream.stop()

    async def _send_refusal(
        self,
        error: DomainError,
        scope: Scope,
        send: Send,
        *,
        request_id: str | None = None,
        unread: Receive | None = None,
    ) -> None:
        """Send a refusal of our own.

        Args:
            error: the refusal.
            scope: the refused request.
            send: ASGI's.
            request_id: the id under which the log has it; ``None``: the one that the client gave, if any.
            unread: ASGI's ``receive`` when a body may still be on its way.
        """
        status, headers, body = self._refuse(error, request_id=request_id or _given_id(scope["headers"]))
        known_as = dict(headers).get("X-Request-ID")
        log.info(
            "request",
            method=scope["method"],
            route=None,
            status=status,
            error=error.code,
            request_id=known_as,
        )
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await _send_head(send, Head(status, [*raw, (b"content-length", b"%d" % len(body))]))
        body = b"" if scope["method"] == "HEAD" else body
        if unread is not None:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await _throw_away(unread)
            body = b""
        await send({"type": "http.response.body", "body": body})

    # Start and end --------------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._start()
        except Exception:
            log.exception("server did not start")
            await send({"type": "lifespan.startup.failed"})
            return
        await send({"type": "lifespan.startup.complete"})
        telling = asyncio.create_task(self._tell())
        await receive()
        drain()
        telling.cancel()
        # Off the loop: streams that are still running need it to come to their end.
        await asyncio.to_thread(self._stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _tell(self) -> None:
        while True:
            for lane, stats in self.stats().items():
                http.busy_threads.set(stats["busy"], lane)
                http.waiting.set(stats["queued"], lane)
            await asyncio.sleep(TELL_SECONDS)

    def _start(self) -> None:
        self._web.start()
        self._health.start()
        for function in self._on_start:
            function()
        collect_less_often()

    def _stop(self) -> None:
        ends_at = time.monotonic() + STOP_SECONDS
        self._web.close(ends_at)
        self._health.close(ends_at)
        for function in self._on_stop:
            try:
                function()
            except Exception:
                log.exception("part of the server did not stop")


async def _send_head(send: Send, head: Head) -> None:
    await send({"type": "http.response.start", "status": head.status, "headers": head.headers})


async def _throw_away(receive: Receive) -> None:
    size = 0
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
                size += len(message.get("body", b""))
    except TimeoutError:
        return


def _given_id(headers: RawHeaders) -> str | None:
    """Return the client's request id if it is one we keep (contract, section 1.1)."""
    given = header(headers, b"x-request-id")
    return given.decode() if given is not None and _REQUEST_ID.match(given) else None
