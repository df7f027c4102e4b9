"""Counting what looks like an attack, at no cost for whoever refuses it.

To record costs a line in memory; a thread of its own writes each second what came together. So an attacker
causes one write a second and process, however often they call; no request waits for it, and nothing that is
wrong with it undoes the refusal that it tells of. What a process that is killed has not written is lost: at
most a second of it.
"""

import atexit
import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import pymongo

from ops import clock
from ops.copies import COMMENT
from ops.guarding import SecurityEventType
from ops.logs import logger
from ops.mongo.collections import Change, Filter, collection

NAME = "security_events"
WRITE_EVERY_SECONDS = 1.0
WRITE_SECONDS = 2.0
# So many events an hour and process; whoever comes from ever new addresses beyond them is one of the others.
MOST = 1000
OTHERS = "others"
DIGITS = 30  # as many as a made id has
LONGEST_SUBJECT = 64
log = logger(__name__)


class Key(NamedTuple):
    """What is one document: a type, a subject, an hour."""

    type: str
    subject: str
    hour: datetime

    @property
    def id(self) -> str:
        """The document's id, the same in every process: two that write it at once add up."""
        name = f"{self.type}\n{self.subject}\n{self.hour.isoformat()}"
        return f"sev_{hashlib.sha256(name.encode()).hexdigest()[:DIGITS]}"


@dataclass
class _Tally:
    first_at: datetime
    last_at: datetime
    count: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


class Recorder:
    """Keeps what is not written yet."""

    def __init__(self) -> None:
        """Begin with nothing; the first who records starts the thread."""
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # its thread, and what it has yet to write, stay

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._tallies: dict[Key, _Tally] = {}
        self._hour: datetime | None = None
        self._seen: set[Key] = set()

    def add(self, kind: SecurityEventType, subject: str, facts: Mapping[str, Any]) -> None:
        """Count one; it is written within a second or two."""
        now = clock.now()
        key = Key(str(kind), subject[:LONGEST_SUBJECT], now.replace(minute=0, second=0, microsecond=0))
        with self._lock:
            key = self._bounded(key)
            if key not in self._tallies:  # of a flood, one line each second is enough
                log.warning("security event", type=key.type, subject=key.subject, facts=facts)
            tally = self._tallies.setdefault(key, _Tally(now, now))
            tally.count += 1
            tally.last_at, tally.facts = now, facts
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_until_over, name=NAME, daemon=True)
                self._thread.start()
                atexit.register(self.stop)  # so late that it runs before the driver's own

    def _bounded(self, key: Key) -> Key:
        """Return the key, or that of the others, if there are enough in its hour."""
        if key.hour != self._hour:
            self._hour, self._seen = key.hour, set()
        if len(self._seen) >= MOST and key not in self._seen:
            return key._replace(subject=OTHERS)
        self._seen.add(key)
        return key

    def flush(self) -> None:
        """Write what came together since the last time; what cannot be written is tried again."""
        with self._lock:
            tallies, self._tallies = self._tallies, {}
        if not tallies:
            return
        try:
            with pymongo.timeout(WRITE_SECONDS):
                collection(NAME).update_each(
                    [_change(key, tally) for key, tally in tallies.items()], upsert=True, comment=COMMENT
                )
        except Exception as error:  # noqa: BLE001  # the refusals that it tells of stand, whatever it is
            log.warning("security events not written", cause=type(error).__name__, number=len(tallies))
            self._take_back(tallies)

    def stop(self) -> None:
        """End the thread, and write what is left."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(WRITE_SECONDS)
        self.flush()

    def _write_until_over(self) -> None:
        while not self._over.wait(WRITE_EVERY_SECONDS):
            self.flush()

    def _take_back(self, tallies: Mapping[Key, _Tally]) -> None:
        with self._lock:
            for key, tally in tallies.items():
                since = self._tallies.get(key)
                if since is not None:
                    since.first_at = tally.first_at
                    since.count += tally.count
                else:
                    self._tallies[key] = tally


recorder = Recorder()


def record(kind: SecurityEventType, subject: str | None, facts: Mapping[str, Any]) -> None:
    """Count something that looks like an attack; never waits, never raises.

    Args:
        kind: what happened.
        subject: id of the user, or the network address, that it is about; ``None``: nobody knows.
        facts: more about it: short, no personal data, no secret.
    """
    recorder.add(kind, subject or "unknown", dict(facts))


def _change(key: Key, tally: _Tally) -> tuple[Filter, Change, list[Filter]]:
    fresh = {
        "v": 1,
        "type": key.type,
        "subject": key.subject,
        "first_at": tally.first_at,
        **dict.fromkeys(("resolved_at", "resolved_by", "note")),
    }
    change = {
        "$inc": {"count": tally.count},
        "$max": {"last_at": tally.last_at},
        "$set": {"facts": dict(tally.facts)},
        "$setOnInsert": fresh,
    }
    return {"_id": key.id}, change, []
