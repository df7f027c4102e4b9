"""A read and a write, as the product does them: neither finds nor changes anything.

The write deletes a document that is not there. It goes the whole way all the same: it waits for locks, and
for a majority of the members.
"""

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import pymongo
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.write_concern import WriteConcern

from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

Client: TypeAlias = MongoClient[dict[str, Any]]

PRODUCT, CONTROL = "second_brain_database", "second_brain_control"
READ_SECONDS, WRITE_SECONDS = 0.6, 0.4
# The product waits 3 s for all that a call reads and writes.
SLOW_SECONDS = 0.25
TRIES = 2
NOBODY = {"_id": "doctor:probe"}
MEMBERS = 'mongosh --quiet --eval "rs.status().members"'
UNLOCK = 'mongosh --quiet --eval "db.adminCommand({fsyncUnlock: 1})"'
BUSY = 'mongosh --quiet --eval "db.serverStatus().wiredTiger.cache"'
LOCKED = "MongoDB lets nobody write: fsyncLock"
WHY_LOCKED = (
    "somebody locked it (fsyncLock), as for a copy of its files: every write waits until it is unlocked; ask "
    "who copies before you unlock"
)
UNAUTHORIZED, NO_SPACE = 13, 14031
MACHINE = ("disk", "memory", "saturation")


def database_of(where: Whereabouts) -> str:
    """Return the name of the product's database."""
    return PRODUCT if where.faults else _names()[0]


def tried(client: Client, where: Whereabouts) -> Finding | None:
    """Read and write; ``None``: both went well.

    Raises:
        PyMongoError: the server went away, or asks for another login.
    """
    product, control = (PRODUCT, CONTROL) if where.faults else _names()
    quickest = _quickest(lambda: client[product]["django_migrations"].find_one(NOBODY), READ_SECONDS)
    if quickest is None or quickest > SLOW_SECONDS:
        return _slow_read(quickest)
    majority = WriteConcern("majority", j=True)
    beats = client[control].get_collection("heartbeats", write_concern=majority)
    try:
        if _quickest(lambda: beats.delete_one(NOBODY), WRITE_SECONDS) is not None:
            return None
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            raise
        return _refused_write(error)
    return _locked() if _is_locked(client) else _slow_write()


def _quickest(act: Callable[[], object], seconds: float) -> float | None:
    """Return how long the quicker of two tries took, if two are needed; ``None``: no answer in time."""
    took: list[float] = []
    for _ in range(TRIES):
        began = time.monotonic()
        try:
            with pymongo.timeout(seconds):
                act()
        except PyMongoError as error:
            if not error.timeout:
                raise
            if seconds > SLOW_SECONDS * TRIES:  # there is no time for another
                break
            continue
        took.append(time.monotonic() - began)
        if took[-1] <= SLOW_SECONDS:
            break
    return min(took, default=None)


def _is_locked(client: Client) -> bool:
    try:
        with pymongo.timeout(WRITE_SECONDS):
            return bool(client.admin.command({"currentOp": 1, "$ownOps": True}).get("fsyncLock"))
    except PyMongoError:  # it may not be asked, or has no time left
        return False


def _slow_read(seconds: float | None) -> Finding:
    if seconds is None:
        evidence, result = f"a read has no answer within {READ_SECONDS:g} s", Result.FAILED
    else:
        evidence, result = f"a read takes {1000 * seconds:.0f} ms", Result.DEGRADED
    cause = "MongoDB is overloaded, its disk is slow, or the network in between is"
    return Finding(result, (evidence,), cause, BUSY, due_to=MACHINE)


def _slow_write() -> Finding:
    cause = "a majority of the members is away or far behind, its disk is slow, or something holds a lock"
    evidence = f"a write is not confirmed within {WRITE_SECONDS:g} s"
    return Finding(Result.FAILED, (evidence,), cause, MEMBERS, due_to=MACHINE)


def _locked() -> Finding:
    return Finding(Result.FAILED, (LOCKED,), WHY_LOCKED, UNLOCK)


def _refused_write(error: OperationFailure) -> Finding:
    name = (error.details or {}).get("codeName", error.code)
    if error.code == NO_SPACE:
        cause, remedy = "its disk is full", "df -h"
    else:
        cause, remedy = "it cannot do what every healthy primary can", MEMBERS
    return Finding(Result.FAILED, (f"MongoDB refuses a write: {name}",), cause, remedy, due_to=("disk",))


def _names() -> tuple[str, str]:
    from django.conf import settings  # noqa: PLC0415  # only when they can be read
    from django.db import connections  # noqa: PLC0415  # likewise

    return str(connections["default"].settings_dict["NAME"]), settings.CONTROL_DATABASE_NAME
