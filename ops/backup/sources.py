"""Where a restore takes a backup from: a directory or an archive, proven before anything is done with it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from ops.backup import archives, making, manifest, records
from ops.backup.errors import BackupError, DamagedError
from ops.backup.manifest import Manifest
from ops.backup.places import Places, name_of
from ops.mongo.collections import Document

# How much larger the data may be than their archive, at most, for all that was seen.
RATIO = 8


class Source(NamedTuple):
    """A plain backup, proven.

    Attributes:
        given: what was named: the directory, or the archive.
        directory: where its files lie.
        sha256: of its manifest.
        record: what the control database knows of it; ``None``: nothing, so only its own sums prove it.
    """

    given: Path
    directory: Path
    manifest: Manifest
    sha256: str
    record: Document | None


@contextmanager
def opened(given: Path, places: Places) -> Iterator[Source]:
    """Prove a backup, unpacked if need be; the caller holds the lock.

    Raises:
        DamagedError: it is not as it was written, or not what the control database says was written.
        WrongKeyError: it is encrypted with another key.
        NoRoomError: there is no room to unpack it.
    """
    given = given.resolve()
    if given.is_dir():
        yield _proven(given, given, given.name)
        return
    name = name_of(given)
    if name is None or not given.is_file():
        raise BackupError(f"{given} is neither a directory with a backup nor an archive of one.")
    unpacked = places.unpacked
    shutil.rmtree(unpacked, ignore_errors=True)
    making.require_room(places.mongodb, given.stat().st_size * RATIO)
    try:
        archives.unpack(given, unpacked, settings.BACKUP_KEY)
        yield _proven(given, unpacked, name)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _proven(given: Path, directory: Path, name: str) -> Source:
    sha256 = manifest.sha256(directory)
    record = records.of_name(name) or records.of_manifest(sha256)
    if record is not None and record.get("manifest_sha256") != sha256:
        raise DamagedError(f"The manifest of {given} is not the one that was recorded when it was made.")
    return Source(given, directory, manifest.verify(directory), sha256, record)
