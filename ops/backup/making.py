"""Making a backup.

Everything is written under another name, and on the disk, before ``latest`` leads to it; so whatever is
killed in between, ``latest`` is whole: this backup, or the one before. What that leaves is removed, or done,
by the next one.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from pymongo import MongoClient
from pymongo.database import Database

from ops import clock
from ops.actors import Actor
from ops.backup import archives, dumping, manifest, records, redis_copy, server
from ops.backup.errors import NoRoomError, RedisCopyError
from ops.backup.manifest import Manifest
from ops.backup.places import DIRECTORY_MODE, KEEP, SAFETY, UNFINISHED, Places, point, settle_directory
from ops.backup.records import Kind
from ops.deployments import release
from ops.logs import logger
from ops.mongo.collections import Document

# Beside the data: names, metadata, and what is written meanwhile.
SPARE_BYTES = 64 * 2**20
NO_SPACE = 28
log = logger(__name__)


class Made(NamedTuple):
    """A backup.

    Attributes:
        redis_fault: why there is no fresh copy of Redis; ``None``: there is one, or none was asked for.
        deleted: names of the older ones that were deleted.
    """

    path: Path
    manifest: Manifest
    seconds: float
    redis_fault: str | None
    deleted: list[str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted.

    Attributes:
        keep: how many older ones stay beside the latest.
        mark: this one is never deleted.
    """

    places: Places
    keep: int
    note: str = ""
    mark: bool = False


def make(wish: Wish, *, actor: Actor) -> Made:
    """Make a backup of MongoDB and Redis, and let ``latest`` lead to it.

    Raises:
        BusyError: another is at work.
        NoRoomError: the disk is too small; SnapshotLostError: it took too long. ``latest`` is as it was.
    """
    with wish.places.locked():
        return _recorded(Kind.BACKUP, wish, actor, _make_latest)


def make_safety(wish: Wish, *, actor: Actor) -> Made:
    """Make the backup before a restore, in an archive; ``latest`` stays. The caller holds the lock."""
    return _recorded(Kind.SAFETY, wish, actor, _make_archive)


def require_room(path: Path, needed: int) -> None:
    """See to it that there is room for so many bytes.

    Raises:
        NoRoomError: there is not.
    """
    free = shutil.disk_usage(path).free
    if free < needed + SPARE_BYTES:
        raise NoRoomError(
            f"{path} has {_megabytes(free)} free; {_megabytes(needed + SPARE_BYTES)} are needed."
        )


def _recorded(kind: Kind, wish: Wish, actor: Actor, make_it: Callable[[Wish, Actor, str], Made]) -> Made:
    started = clock.now()
    record = records.begin(kind, by=actor.id, root=str(wish.places.root), note=wish.note)
    try:
        made = make_it(wish, actor, record)
    except BaseException as error:
        wish.places.sweep()
        told = _no_room(error, wish.places.root)
        records.end(record, started=started, error=told)
        log.exception("backup failed", kind=str(kind), where=str(wish.places.root))
        if told is error:
            raise
        raise told from error
    records.end(record, started=started)
    seconds = (clock.now() - started).total_seconds()
    log.info("backup made", kind=str(kind), where=str(made.path), documents=made.manifest.documents)
    return made._replace(seconds=seconds)


def _no_room(error: BaseException, root: Path) -> BaseException:
    """Return a full disk under its name, and everything else as it is."""
    if isinstance(error, OSError) and error.errno == NO_SPACE:
        return NoRoomError(f"The disk of {root} became full; nothing of this backup was kept.")
    return error


def _make_latest(wish: Wish, actor: Actor, record: str) -> Made:
    places = wish.places
    places.sweep()
    shutil.rmtree(places.unpacked, ignore_errors=True)  # of a restore that was killed
    path, made = _write(wish, actor, record, prefix="")
    point(places.latest, path.name)
    fault = None
    try:
        redis_bytes: int | None = redis_copy.fetch(places.redis)
    except RedisCopyError as error:
        fault, redis_bytes = str(error), None
        log.warning("no copy of redis", cause=type(error.__cause__ or error).__name__)
    records.tell(record, {"redis": {"ok": fault is None, "bytes": redis_bytes}})
    for older in places.plain():
        if older.name != path.name:
            archives.pack(older, settings.BACKUP_KEY)
    return Made(path, made, 0.0, fault, _forget(places, "", wish.keep))


def _make_archive(wish: Wish, actor: Actor, record: str) -> Made:
    wish.places.sweep()
    path, made = _write(wish, actor, record, prefix=SAFETY)
    archive = archives.pack(path, settings.BACKUP_KEY)
    records.tell(record, {"where": str(archive)})
    return Made(archive, made, 0.0, None, _forget(wish.places, SAFETY, max(1, wish.keep)))


def _write(wish: Wish, actor: Actor, record: str, *, prefix: str) -> tuple[Path, Manifest]:
    """Write a plain backup under its own name; returns where, and what is in it."""
    places = wish.places
    name = f"{prefix}{places.free_name(clock.now())}"
    unfinished = places.mongodb / f"{UNFINISHED}{name}"
    with server.connected() as client:
        database = server.product(client)
        require_room(places.mongodb, _needed(database, places))
        unfinished.mkdir(mode=DIRECTORY_MODE)
        made = _dumped(client, database, unfinished, actor=actor, note=wish.note)
    sha256 = manifest.write(made, unfinished)
    settle_directory(unfinished)
    path = places.mongodb / name
    facts = {"where": str(path), "manifest_sha256": sha256, "marked": wish.mark, **manifest.as_document(made)}
    records.tell(record, facts)
    if wish.mark:
        (places.mongodb / f"{name}{KEEP}").touch()
    unfinished.rename(path)
    settle_directory(places.mongodb)
    return path, made


def _dumped(
    client: MongoClient[Document], database: Database[Document], into: Path, *, actor: Actor, note: str
) -> Manifest:
    dumped, running = dumping.dump(client, database, into), release.current()
    return Manifest(
        database=database.name,
        as_of=dumped.as_of,
        cluster_time=dumped.cluster_time,
        version=running.version,
        commit=running.commit or "",
        by=actor.id,
        note=note,
        collections=dumped.collections,
        migrations=dumped.migrations,
    )


def _needed(database: Database[Document], places: Places) -> int:
    """Return how many bytes the data will take, and the archive of what is the latest now."""
    data = int(database.command("dbStats")["dataSize"])
    before = places.latest.resolve()
    packed = sum(each.stat().st_size for each in before.iterdir()) // 2 if before.is_dir() else 0
    return data + packed


def _forget(places: Places, prefix: str, keep: int) -> list[str]:
    """Delete the archives that are more than so many, the oldest first, but none that is marked."""
    ours = [each for each in places.archives(prefix) if not places.is_kept(each.name.split(".")[0])]
    too_many = ours[: max(0, len(ours) - keep)]
    for each in too_many:
        each.unlink()
    return [each.name for each in too_many]


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
