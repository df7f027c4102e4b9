"""Switches: small facts that every process must know within a second, in the control database.

Each process has one reader of its own thread, so that no request waits for them or pays a round trip. A copy
that has grown old is no copy: whoever asks is told so, and takes the safe way.
"""

import atexit
import os
import threading
import time
from collections.abc import Mapping

import pymongo

from ops.logs import logger
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

NAME = "switches"
READ_EVERY_SECONDS = 0.5
GOOD_FOR_SECONDS = 3.0
READ_SECONDS = 1.0
MOST = 100
# Stands with the reader's command, so that whoever counts or profiles tells it from a request's.
COMMENT = "switches: background reader"
log = logger(__name__)


class Reader:
    """Keeps a copy of all switches."""

    def __init__(self) -> None:
        """Begin without a copy; the first who asks starts the thread."""
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._over = False
        self._thread: threading.Thread | None = None
        self._copy: Mapping[str, Document] = {}
        self._good_until = 0.0
        self._generation = 0

    def copy(self) -> Mapping[str, Document] | None:
        """Return the switches by name; ``None``: there is no copy that is fresh enough to rely on."""
        if self._thread is None:
            self._start()
        return self._copy if time.monotonic() < self._good_until else None

    def forget(self) -> None:
        """Rely on no copy until the next read: somebody here has turned a switch."""
        with self._lock:
            self._generation += 1
            self._good_until = 0.0
        self._asked.set()

    def stop(self) -> None:
        """End the thread, before what it reads with and logs to is gone."""
        self._over = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join(READ_SECONDS)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._read_until_over, name=NAME, daemon=True)
                self._thread.start()
                atexit.register(self.stop)  # so late that it runs before the driver's own

    def _read_until_over(self) -> None:
        while not self._over:
            try:
                self._read()
            except Exception as error:  # noqa: BLE001  # a reader that ended would leave no copy for ever
                log.warning("switches not read", cause=type(error).__name__)
            self._asked.wait(READ_EVERY_SECONDS)
            self._asked.clear()

    def _read(self) -> None:
        generation, began = self._generation, time.monotonic()
        with pymongo.timeout(READ_SECONDS):
            found = control_collection(NAME).find({}, limit=MOST, comment=COMMENT)
        with self._lock:
            if generation == self._generation:  # else it may be from before the switch was turned
                self._copy = {each["_id"]: each for each in found}
                self._good_until = began + GOOD_FOR_SECONDS


reader = Reader()
os.register_at_fork(after_in_child=reader.__init__)  # type: ignore[misc]  # its thread is the parent's


def current() -> Mapping[str, Document] | None:
    """Return all switches by name, at most a second old; ``None``: not known, so take the safe way."""
    return reader.copy()


@unit_of_work()
def count_up(name: str, field: str) -> None:
    """Raise a number of a switch by one, in the unit of the change that asks for it."""
    control_collection(NAME, joins=True).update({"_id": name}, {"$inc": {field: 1}}, upsert=True)
    on_commit(reader.forget)
