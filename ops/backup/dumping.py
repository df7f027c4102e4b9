"""Writing a database down as it is at one moment, in the layout of MongoDB's own tools.

Read by a snapshot session: every collection as of one cluster time, while others write. The server keeps that
moment for ``minSnapshotHistoryWindowInSeconds`` (300 by default); what takes longer is lost.
"""

import hashlib
import struct
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from bson import json_util
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure

from ops import clock
from ops.backup.errors import SnapshotLostError
from ops.backup.manifest import DATA, METADATA, Part
from ops.backup.places import private, settle
from ops.mongo.collections import Document

AT_ONCE = 20_000  # in one answer of the server, which ends at 16 MB anyhow
# Collections that a restore fills, and has not put in their places yet.
BEING_RESTORED = "restoring."
TOO_OLD, UNAVAILABLE = 239, 246
# A collection or an index that was made in this very second is not in the snapshot yet.
ATTEMPTS, PAUSE_SECONDS = 4, 0.5
WINDOW = "minSnapshotHistoryWindowInSeconds"
_LENGTH = struct.Struct("<i")


class Dumped(NamedTuple):
    """What was written down, and of which moment."""

    as_of: datetime
    cluster_time: tuple[int, int]
    collections: dict[str, Part]
    migrations: list[str]


def dump(client: MongoClient[Document], database: Database[Document], into: Path) -> Dumped:
    """Write all collections of a database into an empty directory.

    Raises:
        SnapshotLostError: it took longer than the server keeps a moment, or collections were changed.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _dump(client, database, into)
        except OperationFailure as error:
            if error.code not in {TOO_OLD, UNAVAILABLE}:
                raise
            if error.code == TOO_OLD or attempt == ATTEMPTS - 1:
                raise SnapshotLostError(_sentence(error)) from None
            for each in into.iterdir():
                each.unlink()
            time.sleep(PAUSE_SECONDS * 2**attempt)
    raise AssertionError("unreachable")


def collections_of(database: Database[Document]) -> dict[str, Document]:
    """Return what the server tells of each collection of the product, by name, in order."""
    found = database.list_collections(filter={"type": "collection"})
    ours = {each["name"]: each for each in found if not each["name"].startswith(("system.", BEING_RESTORED))}
    return dict(sorted(ours.items()))


def _dump(client: MongoClient[Document], database: Database[Document], into: Path) -> Dumped:
    with client.start_session(snapshot=True) as session:
        as_of = clock.now()
        applied = database["django_migrations"].find({}, {"app": 1, "name": 1}, session=session)
        migrations = sorted(f"{each['app']}.{each['name']}" for each in applied)
        moment: Any = session._snapshot_time  # noqa: SLF001  # the driver tells it in no other way
        parts = {
            name: _part(database, described, session, into)
            for name, described in collections_of(database).items()
        }
    return Dumped(as_of, (moment.time, moment.inc), parts, migrations)


def _part(database: Database[Document], described: Document, session: ClientSession, into: Path) -> Part:
    name = described["name"]
    indexes = [dict(each) for each in database[name].list_indexes()]
    metadata = {
        "options": described.get("options", {}),
        "indexes": [{field: value for field, value in each.items() if field != "ns"} for each in indexes],
        "uuid": described["info"]["uuid"].hex(),
        "collectionName": name,
        "type": "collection",
    }
    text = json_util.dumps(metadata, json_options=json_util.CANONICAL_JSON_OPTIONS).encode()
    with private(into / f"{name}{METADATA}") as file:
        file.write(text)
        settle(file)
    with private(into / f"{name}{DATA}") as file:
        documents, size, digest = _write(database[name].find_raw_batches, session, file)
        settle(file)
    names = sorted(each["name"] for each in indexes)
    return Part(documents, size, digest, hashlib.sha256(text).hexdigest(), names)


def _write(find: Any, session: ClientSession, file: IO[bytes]) -> tuple[int, int, str]:
    """Write the documents as the server sends them; returns their number, bytes and SHA-256."""
    documents, size, digest = 0, 0, hashlib.sha256()
    for batch in find(session=session, batch_size=AT_ONCE):
        file.write(batch)
        digest.update(batch)
        documents += sum(1 for _ in lengths(batch))
        size += len(batch)
    return documents, size, digest.hexdigest()


def lengths(batch: bytes) -> Iterator[int]:
    """Return the length of each document in a row of whole ones."""
    place = 0
    while place < len(batch):
        (length,) = _LENGTH.unpack_from(batch, place)
        place += length
        yield length


def _sentence(error: OperationFailure) -> str:
    if error.code == TOO_OLD:
        return (
            f"The backup took longer than MongoDB keeps a moment: raise {WINDOW}, "
            f"for example by db.adminCommand({{setParameter: 1, {WINDOW}: 1800}})."
        )
    return "Collections or indexes were made or changed while the backup began: run it again."
