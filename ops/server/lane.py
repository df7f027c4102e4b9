"""A lane: a fixed number of threads, and the bounded queue before them."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TypedDict

from ops.errors import DomainError
from ops.logs import logger
from ops.metrics import http
from ops.server.call import Call
from ops.server.errors import ClientGoneError

# How often the queue is looked through, while there is one.
LOOK_SECONDS = 0.05
_CALL, _END = "call", "end"
log = logger(__name__)


class LaneStats(TypedDict):
    """What a lane is doing, and what it refused since its start."""

    threads: int
    busy: int
    queued: int
    refused: int
    timed_out: int


class _Worker(threading.Thread):
    """One thread of a lane; only it writes its ``busy``."""

    def __init__(self, name: str, take: Callable[[], Call | None]) -> None:
        # A daemon, so that a call that never ends cannot keep the process alive.
        super().__init__(name=name, daemon=True)
        self._take = take
        self.busy = False

    def run(self) -> None:
        """Serve until the lane closes."""
        while (call := self._take()) is not None:
            self.busy = True
            # A context of its own: what one request binds (log ids, deadlines) never reaches the next.
            Context().run(call.run)
            self.busy = False
            del call  # or an idle thread would keep the last request's body and answer


class Lane:
    """Runs calls in threads, in the order they came.

    ``offer`` and everything private is called on the event loop's thread; only ``_take`` runs on the
    workers'.
    """

    def __init__(
        self, name: str, *, threads: int, queue_limit: int, overload: Callable[[], DomainError]
    ) -> None:
        """Take the name (the threads are called after it), and how many run and how many may wait.

        ``overload`` says what to answer a call that cannot wait, or waited too long.
        """
        self._limit = queue_limit
        self._overload = overload
        self._waiting: deque[Call] = deque()
        self._lock = threading.Lock()
        # One token a call: a C queue, ten times cheaper than a Condition. A token whose call was
        # taken out meanwhile wakes a worker for nothing.
        self._wake: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._workers = [_Worker(f"{name}-{number}", self._take) for number in range(1, threads + 1)]
        self._look: asyncio.TimerHandle | None = None
        self._refused = 0
        self._timed_out = 0

    def start(self) -> None:
        """Start the threads."""
        for worker in self._workers:
            worker.start()

    def close(self, ends_at: float) -> None:
        """Let the threads finish what was accepted, at most until ``ends_at`` (monotonic), and end them."""
        for _ in self._workers:
            self._wake.put(_END)
        for worker in self._workers:
            worker.join(max(0.0, ends_at - time.monotonic()))
            if worker.is_alive():
                log.warning("thread did not end", thread=worker.name)

    def offer(self, call: Call) -> None:
        """Put a call in the queue.

        Raises:
            DomainError: the queue is full.
        """
        if len(self._waiting) >= self._limit:
            self._refused += 1
            http.refusals.inc(http.QUEUE_FULL)
            raise self._overload()
        with self._lock:
            self._waiting.append(call)
        self._wake.put(_CALL)
        if self._look is None:
            self._look = call.loop.call_later(LOOK_SECONDS, self._look_through, call.loop)

    def stats(self) -> LaneStats:
        """Return the numbers of this moment. Safe on any thread."""
        return {
            "threads": sum(worker.is_alive() for worker in self._workers),
            "busy": sum(worker.busy for worker in self._workers),
            "queued": len(self._waiting),
            "refused": self._refused,
            "timed_out": self._timed_out,
        }

    def _take(self) -> Call | None:
        """Wait for the next call; ``None``: the lane is closed."""
        while self._wake.get() is _CALL:
            with self._lock:
                if not self._waiting:
                    continue
                call = self._waiting.popleft()
                if not call.is_late():
                    return call
                self._timed_out += 1
            http.refusals.inc(http.TOO_LATE)
            call.refuse_unrun(self._overload())
            del call
        return None

    def _look_through(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse the calls whose time is over, and begin to watch the connections of the others.

        A call that is served within the first look is never watched: a task for each would cost more
        than the rest of the bridge.
        """
        self._look = None
        with self._lock:
            waiting = tuple(self._waiting)
        soon = time.monotonic() + LOOK_SECONDS
        for call in waiting:
            if call.wait_until <= soon:
                if self._take_out(call):
                    with self._lock:
                        self._timed_out += 1
                    http.refusals.inc(http.TOO_LATE)
                    call.refuse(self._overload())
            else:
                call.watch(self._client_gone)
        if self._waiting:
            self._look = loop.call_later(LOOK_SECONDS, self._look_through, loop)

    def _client_gone(self, call: Call) -> None:
        if self._take_out(call):
            call.refuse(ClientGoneError())

    def _take_out(self, call: Call) -> bool:
        """Take a call out of the queue; tells whether it was still there, and so will not be run."""
        with self._lock:
            try:
                self._waiting.remove(call)
            except ValueError:
                return False
        return True
