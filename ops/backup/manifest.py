"""``manifest.json``: what is in a backup, and how to know that it is still that."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.backup.errors import DamagedError
from ops.backup.places import private, settle

NAME = "manifest.json"
DATA, METADATA = ".bson", ".metadata.json"
PORTION = 2**20
VERSION = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One collection of a backup.

    Attributes:
        documents: how many.
        bytes: of ``<collection>.bson``.
        sha256: of ``<collection>.bson``.
        metadata_sha256: of ``<collection>.metadata.json``.
        indexes: their names.
    """

    documents: int
    bytes: int
    sha256: str
    metadata_sha256: str
    indexes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup.

    Attributes:
        database: its name.
        as_of: the moment that all of it is of, by the clock of who made it.
        cluster_time: the same, exactly, as MongoDB counts: ``[seconds, number]``.
        version, commit: of the code that made it; the commit is empty where nobody knows it.
        by: who made it.
        note: why, in their words.
        collections: by name.
        migrations: applied then, ``app.name``.
    """

    database: str
    as_of: datetime
    cluster_time: Sequence[int]
    version: str
    commit: str
    by: str
    note: str
    collections: Mapping[str, Part]
    migrations: Sequence[str]

    @property
    def documents(self) -> int:
        """How many in all."""
        return sum(each.documents for each in self.collections.values())

    @property
    def bytes(self) -> int:
        """Of all data."""
        return sum(each.bytes for each in self.collections.values())


def write(manifest: Manifest, directory: Path) -> str:
    """Write it beside the data; returns its SHA-256."""
    document = {"v": VERSION, **asdict(manifest), "as_of": manifest.as_of.isoformat()}
    text = json.dumps(document, indent=1, sort_keys=True).encode()
    with private(directory / NAME) as file:
        file.write(text)
        settle(file)
    return hashlib.sha256(text).hexdigest()


def sha256(directory: Path) -> str:
    """Return the SHA-256 of a backup's manifest; it names the backup.

    Raises:
        DamagedError: there is none.
    """
    try:
        return digest(directory / NAME)
    except OSError:
        raise DamagedError(f"{directory} has no {NAME} that can be read, so it is no backup.") from None


def read(directory: Path) -> Manifest:
    """Return the manifest of a plain backup, which is not compared with anything yet.

    Raises:
        DamagedError: there is none, or it cannot be understood.
    """
    try:
        document = json.loads((directory / NAME).read_bytes())
        version = document.pop("v")
        parts = {name: Part(**part) for name, part in document.pop("collections").items()}
        as_of = datetime.fromisoformat(document.pop("as_of"))
        manifest = Manifest(as_of=as_of, collections=parts, **document)
    except OSError:
        raise DamagedError(f"{directory} has no {NAME} that can be read, so it is no backup.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DamagedError(f"{directory / NAME} cannot be understood.") from None
    if version != VERSION:
        raise DamagedError(f"{directory / NAME} is of another version of the system than this one reads.")
    return manifest


def verify(directory: Path) -> Manifest:
    """Compare every file of a plain backup with its manifest; returns the manifest.

    Raises:
        DamagedError: it names all that is missing, changed, or too much.
    """
    manifest = read(directory)
    if wrong := list(_wrong(directory, manifest)):
        raise DamagedError(f"The backup in {directory} is damaged: {'; '.join(wrong)}.")
    return manifest


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while portion := file.read(PORTION):
            found.update(portion)
    return found.hexdigest()


def _wrong(directory: Path, manifest: Manifest) -> Iterator[str]:
    expected = dict(_files(manifest))
    for name, sha in expected.items():
        path = directory / name
        if not path.is_file():
            yield f"{name} is missing"
        elif digest(path) != sha:
            yield f"{name} is not as it was written"
    present = {path.name for path in directory.iterdir()} - {NAME}
    yield from (f"{name} is none of its files" for name in sorted(present - expected.keys()))


def _files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for name, part in manifest.collections.items():
        yield f"{name}{DATA}", part.sha256
        yield f"{name}{METADATA}", part.metadata_sha256


def as_document(manifest: Manifest) -> dict[str, Any]:
    """Return what a record tells of it."""
    return {
        "as_of": manifest.as_of,
        "version": manifest.version,
        "commit": manifest.commit,
        "collections": len(manifest.collections),
        "documents": manifest.documents,
        "bytes": manifest.bytes,
    }
