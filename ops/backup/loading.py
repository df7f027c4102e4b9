"""Filling collections from a plain backup.

Documents go in as they lie on the disk, without being read here; indexes are made when all are in.
"""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from bson import json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from ops.backup.errors import DamagedError
from ops.backup.manifest import DATA, METADATA, Part
from ops.mongo.collections import Document

RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
BATCH_BYTES, BATCH_DOCUMENTS = 8 * 2**20, 20_000
SMALLEST, LARGEST = 5, 17 * 2**20
PRIMARY_KEY = "_id_"
# What the server says of an index by itself.
TOLD = frozenset({"ns", "v"})
_LENGTH = struct.Struct("<i")
_OPTIONS = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


def load(directory: Path, name: str, part: Part, database: Database[Document], target: str) -> None:
    """Fill a fresh collection ``target`` with a collection of a backup, and make its indexes.

    Raises:
        DamagedError: it holds another number of documents than its manifest says.
    """
    metadata = _metadata(directory, name)
    database.drop_collection(target)
    database.create_collection(target, **metadata["options"])
    raw = database[target].with_options(codec_options=RAW)
    with (directory / f"{name}{DATA}").open("rb") as file:
        for batch in batches(file):
            raw.insert_many(batch, ordered=False)
    # Before there is an index by which documents end in time.
    found = database[target].count_documents({})
    if found != part.documents:
        raise DamagedError(f"{name} has {found} documents where its manifest says {part.documents}.")
    if wanted := [each for each in metadata["indexes"] if each["name"] != PRIMARY_KEY]:
        database.command("createIndexes", target, indexes=[_described(each) for each in wanted])


def batches(file: IO[bytes]) -> Iterator[list[RawBSONDocument]]:
    """Return the documents of a ``.bson`` file, so many at once as are worth a command.

    Raises:
        DamagedError: it ends in the middle of a document.
    """
    batch: list[RawBSONDocument] = []
    size = 0
    while head := file.read(_LENGTH.size):
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        body = file.read(length - _LENGTH.size) if SMALLEST <= length <= LARGEST else b""
        if len(body) != length - _LENGTH.size:
            raise DamagedError(f"{Path(file.name).name} ends in the middle of a document.")
        batch.append(RawBSONDocument(head + body, RAW))
        size += length
        if size >= BATCH_BYTES or len(batch) == BATCH_DOCUMENTS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def has_ttl(directory: Path, name: str) -> bool:
    """Tell whether documents of a collection end by time, so that there may be fewer at any moment."""
    return any("expireAfterSeconds" in each for each in _metadata(directory, name)["indexes"])


def _metadata(directory: Path, name: str) -> dict[str, Any]:
    try:
        text = (directory / f"{name}{METADATA}").read_text()
        metadata: dict[str, Any] = json_util.loads(text, json_options=_OPTIONS)
    except (OSError, ValueError):
        raise DamagedError(f"{name}{METADATA} cannot be read.") from None
    # The names of `options` are those of the command; an index without a name would not be told apart.
    if not re.fullmatch(r"[A-Za-z0-9_.]+", name) or "indexes" not in metadata:
        raise DamagedError(f"{name}{METADATA} cannot be understood.")
    return metadata


def _described(index: Document) -> Document:
    return {field: value for field, value in index.items() if field not in TOLD}
