"""Copies of small facts that every process must know within a second, without asking for them each time.

Each process has one reader of each copy in a thread of its own, so that no request waits for it or pays a
round trip. A copy that has grown old is either no copy (``fresh``: the caller takes the safe way) or still
the best there is (``last``).
"""

import atexit
import os
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import pymongo

from ops.logs import logger

READ_EVERY_SECONDS = 0.5
GOOD_FOR_SECONDS = 3.0
READ_SECONDS = 1.0
# Stands with a reader's command, so that whoever counts or profiles tells it from a request's.
COMMENT = "background reader of a copy"
Facts = TypeVar("Facts")
log = logger(__name__)


class Copy(Generic[Facts]):
    """Keeps a copy of what a function reads."""

    def __init__(self, name: str, read: Callable[[], Facts]) -> None:
        """Begin without a copy; the first who asks starts the thread.

        Args:
            name: of what is copied, in the log and of the thread.
            read: reads it, with ``COMMENT`` at its command; has ``READ_SECONDS`` for it.
        """
        self._name = name
        self._read = read
        self._generation = 0
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # its thread is the parent's

    def fresh(self) -> Facts | None:
        """Return the copy; ``None``: there is none that is fresh enough to rely on."""
        self._assure_reader()
        return self._facts if time.monotonic() < self._good_until else None

    def last(self) -> Facts | None:
        """Return what was read last, however long ago; ``None``: nothing was read yet."""
        self._assure_reader()
        return self._facts

    def reads(self) -> bool:
        """Tell whether there is a thread that reads."""
        return self._thread is not None

    def forget(self) -> None:
        """Rely on no copy until the next read, which begins at once: somebody here has changed something."""
        with self._lock:
            self._generation += 1
            self._good_until = 0.0
        self._asked.set()

    def await_first(self, seconds: float) -> None:
        """Wait until something was read, but not for longer: for the start of a server."""
        self._assure_reader()
        self._first.wait(seconds)

    def stop(self) -> None:
        """End the thread, before what it reads with and logs to is gone."""
        self._over = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join(READ_SECONDS)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._first = threading.Event()
        self._over = False
        self._thread: threading.Thread | None = None
        self._facts: Facts | None = None
        self._good_until = 0.0

    def _assure_reader(self) -> None:
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._read_until_over, name=self._name, daemon=True)
                self._thread.start()
                atexit.register(self.stop)  # so late that it runs before the driver's own

    def _read_until_over(self) -> None:
        while not self._over:
            try:
                self._read_once()
            except Exception as error:  # noqa: BLE001  # a reader that ended would leave no copy for ever
                log.warning("copy not read", copied=self._name, cause=type(error).__name__)
            self._asked.wait(READ_EVERY_SECONDS)
            self._asked.clear()

    def _read_once(self) -> None:
        generation, began = self._generation, time.monotonic()
        with pymongo.timeout(READ_SECONDS):
            facts = self._read()
        with self._lock:
            if generation == self._generation:  # else it may be from before the change
                self._facts = facts
                self._good_until = began + GOOD_FOR_SECONDS
                self._first.set()
