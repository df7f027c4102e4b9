"""Switches: small facts that every process must know within a second, in the control database."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pymongo
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from ops.copies import COMMENT, Copy
from ops.errors import DatabaseUnavailableError
from ops.mongo.breaker import breaker
from ops.mongo.collections import Document, control_collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

NAME = "switches"
MOST = 100
FIRST_LOOK_SECONDS = 0.5
ASKED_EVERY_SECONDS = 0.5


def read() -> Mapping[str, Document]:
    """Ask for all of them, by name."""
    return {each["_id"]: each for each in control_collection(NAME).find({}, limit=MOST, comment=COMMENT)}


reader = Copy(NAME, read)


@dataclass
class _Answer:
    """What a command was told last, and until when it relies on that."""

    found: Mapping[str, Document] = field(default_factory=dict)
    good_until: float = 0.0


_answer = _Answer()


def current() -> Mapping[str, Document] | None:
    """Return all switches by name, at most a second old; ``None``: not known, so take the safe way."""
    return reader.fresh()


def known() -> Mapping[str, Document]:
    """Return what was read last, however long ago; a process that has just begun waits a moment for it."""
    found = reader.last()
    if found is None and breaker.fault() is None:
        reader.await_first(FIRST_LOOK_SECONDS)
        found = reader.last()
    return found or {}


def asked() -> Mapping[str, Document]:
    """Return them as they are, for a command that somebody has typed: it needs no thread that reads on.

    Of a database that is away nothing is known, and nothing can be written to it.
    """
    if reader.reads():
        return known()
    if time.monotonic() < _answer.good_until:
        return _answer.found
    try:
        with pymongo.timeout(FIRST_LOOK_SECONDS):
            found = read()
    except (DatabaseUnavailableError, DatabaseError, PyMongoError):
        return {}
    _answer.found, _answer.good_until = found, time.monotonic() + ASKED_EVERY_SECONDS
    return found


def forget() -> None:
    """Rely on nothing that was read before: somebody here has changed something."""
    _answer.good_until = 0.0
    if reader.reads():
        reader.forget()


@unit_of_work()
def count_up(name: str, field: str) -> None:
    """Raise a number of a switch by one, in the unit of the change that asks for it."""
    control_collection(NAME, joins=True).update({"_id": name}, {"$inc": {field: 1}}, upsert=True)
    on_commit(forget)
