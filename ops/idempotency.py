"""Idempotency keys: the same intent, sent again, gets the first answer again, and changes nothing.

Invariant: for one caller, operation and key at most one change is ever committed, and its answer with it.
Both are one unit of work, so a crash between them is impossible; of two parallel calls one unit loses at
the record's ``_id``, runs again, and finds the winner's answer.

Source: HTTP contract, section 1.3; design, section 5.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ops import deadline
from ops.errors import ConflictError, IdempotencyKeyReusedError
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work

KEPT_FOR = timedelta(hours=24)
# How long a second call waits for the first; a call with a key has no longer for itself either.
WAIT_SECONDS = 2.0
_current: ContextVar[str | None] = ContextVar("idempotency_record", default=None)
STRIPES = tuple(threading.Lock() for _ in range(256))


@dataclass(frozen=True)
class Intent:
    """One intent of a client.

    Attributes:
        caller: id of the actor.
        operation: name of the operation; aliases of a path share it.
        key: what the client sent.
        target: SHA-256 of what the path names, for example the family.
        body_hash: SHA-256 of the body, hexadecimal.
        keep_forever: it moves tokens.
    """

    caller: str
    operation: str
    key: str
    target: str
    body_hash: str
    keep_forever: bool = False

    @property
    def id(self) -> str:
        """The record's ``_id``; the key itself is not kept."""
        parts = f"{self.caller}\n{self.operation}\n{self.key}"  # none of them holds a line break
        return hashlib.sha256(parts.encode()).hexdigest()


class Answered(NamedTuple):
    """An answer; ``replayed``: it was given before."""

    status: int
    body: bytes
    replayed: bool


def current() -> str | None:
    """Return the id of the record that the running call will leave; ``None``: it has no key.

    What moves tokens keeps it, so that of one intent there is one transaction.
    """
    return _current.get()


@contextmanager
def _in_force(record_id: str) -> Iterator[None]:
    token = _current.set(record_id)
    try:
        yield
    finally:
        _current.reset(token)


def once(intent: Intent, act: Callable[[], tuple[int, bytes]], *, now: datetime) -> Answered:
    """Do what is intended, unless it has been done: then return the first answer.

    Args:
        intent: of whom, what, under which key.
        act: does it, and returns status and body; runs again when the unit does. Refusals are raised: they
            use no key up.
        now: time of the call.

    Raises:
        IdempotencyKeyReusedError: the key stands for another target or body.
        ConflictError: the first call is still running.
    """
    with deadline.within(WAIT_SECONDS), _one_at_a_time(intent):
        return _once(intent, act, now=now)


def is_known(intent: Intent) -> bool:
    """Tell whether the caller has an answer under this key already, whatever it was for."""
    return collection("idempotency_keys").find_one({"_id": intent.id}, {"_id": 1}) is not None


@contextmanager
def _one_at_a_time(intent: Intent) -> Iterator[None]:
    """Let equal calls of this process wait for each other here, where it costs nothing.

    Only a relief: fifty that met in the database kept each other from getting done. What is right is
    decided there, between processes as well.
    """
    stripe = STRIPES[int(intent.id[:8], 16) % len(STRIPES)]
    if not stripe.acquire(timeout=max(0.0, deadline.remaining() or 0.0)):
        raise ConflictError
    try:
        yield
    finally:
        stripe.release()


@unit_of_work()
def _once(intent: Intent, act: Callable[[], tuple[int, bytes]], *, now: datetime) -> Answered:
    records = collection("idempotency_keys")
    known = records.find_one({"_id": intent.id})
    if known is not None:
        if (known["target"], known["body_hash"]) != (intent.target, intent.body_hash):
            raise IdempotencyKeyReusedError
        return Answered(known["status"], bytes(known["body"]), replayed=True)
    with _in_force(intent.id):
        status, body = act()
    records.insert(
        {
            "_id": intent.id,
            "v": 1,
            "target": intent.target,
            "body_hash": intent.body_hash,
            "status": status,
            "body": body,
            "created_at": now,
            "expires_at": None if intent.keep_forever else now + KEPT_FOR,
        }
    )
    return Answered(status, body, replayed=False)
