"""What became of each backup, restore and drill, in ``backups`` of the control database.

A document is ``_id`` (when and what, so that they lie in order of time), ``kind, started_at, ended_at, ok``
(null while it runs), ``error`` (its kind), ``by, host, root, where, note``; and what there is to tell of it:
``as_of, documents, bytes, seconds, manifest_sha256, redis``. The one of ``UNFINISHED`` stands there while a
restore has changed something and has not ended.
"""

import contextlib
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from pymongo.errors import PyMongoError

from ops import clock
from ops.errors import DatabaseUnavailableError
from ops.ids import new_id
from ops.mongo.collections import Document, control_collection

NAME = "backups"
UNFINISHED = "unfinished_restore"
MOST = 2000
KEPT_FOR = timedelta(days=400)


class Kind(StrEnum):
    """What was done."""

    BACKUP = "backup"
    SAFETY = "safety"  # before a restore
    RESTORE = "restore"
    DRILL = "drill"


class Standing(NamedTuple):
    """What is known of backups.

    Attributes:
        backup, drill: the last one that went well; ``None``: there was none.
        failed_backup, failed_drill: the last one after it that did not.
        unfinished: the restore that was begun and has not ended.
    """

    backup: Document | None
    failed_backup: Document | None
    drill: Document | None
    failed_drill: Document | None
    unfinished: Document | None


def begin(kind: Kind, *, by: str, root: str, note: str = "") -> str:
    """Record that it begins; returns the record's id. The caller holds the lock of ``root``.

    So another of its kind that was begun there and has not ended was killed, and is recorded as that now.
    """
    now, here = clock.now(), socket.gethostname()
    record = {
        "_id": new_id(f"{now.isoformat()} {kind}"),
        "v": 1,
        "kind": str(kind),
        "started_at": now,
        "ended_at": None,
        "ok": None,
        "error": None,
        "by": by,
        "host": here,
        "root": root,
        "where": root,
        "note": note,
    }
    backups = control_collection(NAME)
    backups.delete({"_id": {"$lt": (now - KEPT_FOR).isoformat()}})
    killed = {"ended_at": now, "ok": False, "error": "Killed"}
    backups.update_all({"ok": None, "host": here, "root": root, "kind": str(kind)}, {"$set": killed})
    backups.insert(record)
    return str(record["_id"])


def tell(record_id: str, facts: Mapping[str, Any]) -> None:
    """Add what is known by now."""
    control_collection(NAME).update({"_id": record_id}, {"$set": dict(facts)})


def end(record_id: str, *, started: datetime, error: BaseException | None = None) -> None:
    """Record how it ended; an error by its kind only, since its words may hold an address."""
    now = clock.now()
    seconds = round((now - started).total_seconds(), 1)
    failed = None if error is None else type(error).__name__
    ended = {"ended_at": now, "ok": error is None, "error": failed, "seconds": seconds}
    if error is None:
        tell(record_id, ended)
        return
    with contextlib.suppress(DatabaseUnavailableError, PyMongoError):  # may be just why it failed
        tell(record_id, ended)


def of_manifest(sha256: str) -> Document | None:
    """Return the record of the backup with this manifest; ``None``: this installation did not make it."""
    return next((each for each in every() if each.get("manifest_sha256") == sha256), None)


def of_name(name: str) -> Document | None:
    """Return the record of the backup of this name; ``None``: this installation did not make it."""
    return next((each for each in every() if _name(each) == name and "manifest_sha256" in each), None)


def every(most: int = MOST) -> list[Document]:
    """Return all records, the newest first: some hundred; or the newest of them."""
    return control_collection(NAME).find({"_id": {"$lt": UNFINISHED}}, sort=[("_id", -1)], limit=most)


def unfinished() -> Document | None:
    """Return the restore that was begun and has not ended."""
    return control_collection(NAME).find_one({"_id": UNFINISHED})


def mark_unfinished(facts: Mapping[str, Any]) -> None:
    """Write that a restore changes the database from now on."""
    control_collection(NAME).update({"_id": UNFINISHED}, {"$set": dict(facts)}, upsert=True)


def mark_finished() -> None:
    """Write that it has ended."""
    control_collection(NAME).delete({"_id": UNFINISHED})


def standing() -> Standing:
    """Return what is known of backups."""
    found = every()
    backup, failed_backup = _last(found, Kind.BACKUP)
    drill, failed_drill = _last(found, Kind.DRILL)
    return Standing(backup, failed_backup, drill, failed_drill, unfinished())


def _name(record: Document) -> str:
    return Path(record["where"]).name.split(".")[0]


def _last(found: list[Document], kind: Kind) -> tuple[Document | None, Document | None]:
    """Return the last that went well, and the last after it that did not."""
    ended = [each for each in found if each["kind"] == kind and each["ok"] is not None]
    well = next((each for each in ended if each["ok"]), None)
    latest = ended[0] if ended else None
    return well, latest if latest is not well else None
