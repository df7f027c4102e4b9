"""The pulse of web process, worker and beat: a thread that says every ten seconds that the process lives."""

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from ops import clock
from ops.jobs import heartbeats
from ops.logs import logger
from ops.maintenance import mode
from ops.maintenance.gate import gate
from ops.metrics import processes
from ops.mongo.engine import counting

EVERY_SECONDS = 10.0
# How soon it tells that the process stands still for maintenance, or no longer.
LOOK_SECONDS = 0.5
# A process that was killed does not say goodbye; the next one of its role forgets it after this.
FORGET_AFTER = timedelta(days=1)
log = logger(__name__)

# Held while the thread writes, and by whoever forks: a pool's child that was forked in the middle of a line
# of the log would wait for the end of that line for ever.
_beating = threading.Lock()
os.register_at_fork(
    before=_beating.acquire, after_in_parent=_beating.release, after_in_child=_beating.release
)


class Pulse:
    """Says that this process lives, as long as it does."""

    def __init__(
        self,
        role: str,
        *,
        forget_after: timedelta = FORGET_AFTER,
        is_quiet: bool = False,
        is_idle: Callable[[], bool] = gate.is_idle,
    ) -> None:
        """Begin without a thread.

        Args:
            role: ``web``, ``worker`` or ``beat``.
            forget_after: when those of its role that were killed are forgotten, by the next that starts.
            is_idle: tells whether nothing that may write is at work in it.
            is_quiet: it logs nothing of a database that is away, since the process tells that in other ways.
        """
        self._role = role
        self._forget_after = forget_after
        self._is_quiet = is_quiet
        self._is_idle = is_idle
        self._told: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_over, name="pulse", daemon=True)
        self._since = clock.now()
        self._was_written = True

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and say that the process ends."""
        self._over.set()
        self._thread.join(heartbeats.SECONDS)
        if self._was_written:  # else the database is away, and would only hold up the end
            self._try(self._forget)

    def _beat_until_over(self) -> None:
        self._try(self._forget)
        while not self._over.is_set():
            self._try(self._say)
            self._rest()

    def _rest(self) -> None:
        """Wait for the next beat; it comes at once when there is something new to confirm."""
        until = time.monotonic() + EVERY_SECONDS
        while not self._over.wait(LOOK_SECONDS) and time.monotonic() < until:
            if self._stands_still() != self._told:
                return

    def _say(self) -> None:
        processes.tell()
        counting.pool.tell()
        told = self._stands_still()
        heartbeats.alive(self._role, since=self._since, now=clock.now(), stands_still=told)
        self._told = told

    def _stands_still(self) -> str | None:
        standing = mode.standing()  # first: what begins after this is refused
        return standing if standing and self._is_idle() else None

    def _forget(self) -> None:
        heartbeats.ended(self._role, forgotten=clock.now() - self._forget_after)

    def _try(self, what: Callable[[], None]) -> None:
        with _beating:
            try:
                what()
            except Exception as error:  # noqa: BLE001  # a thread that ended would be a process that died
                if self._was_written and not self._is_quiet:
                    log.warning("heartbeat not written", role=self._role, cause=type(error).__name__)
                self._was_written = False
            else:
                self._was_written = True
