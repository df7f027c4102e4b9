"""Putting a backup in place of what is there.

Every collection is filled beside the one that is there, and what must not be turned back is carried over,
before the first is exchanged; until then nothing is changed. Then they are exchanged one by one. From there
to the last step ``records.UNFINISHED`` stands in the control database. Whatever is killed in between: run it
again, it begins anew, and each of its steps may be done twice.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from pymongo.database import Database
from pymongo.errors import PyMongoError

from ops import audit, clock
from ops.actors import Actor
from ops.backup import dumping, loading, mails, making, proving, records, server
from ops.backup.dumping import BEING_RESTORED
from ops.backup.errors import NotQuietError
from ops.backup.places import Places
from ops.backup.records import Kind
from ops.backup.registry import entered
from ops.backup.sources import Source
from ops.cache.clearing import Namespace, clear
from ops.errors import ServiceUnavailableError
from ops.jobs import standstill
from ops.logs import logger
from ops.maintenance import mode
from ops.mongo import indexes
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted.

    Attributes:
        drop: collections that are not in the backup go.
        tell: hears what is being done.
    """

    places: Places
    drop: bool
    tell: Callable[[str], object]


class Outcome(NamedTuple):
    """What was done.

    Attributes:
        safety: the archive of what was there before; empty: there was nothing.
        left: collections that are not in the backup, and stay.
        dropped: those that went.
        held: mails that a person has to decide on.
        notes: what is still to be done.
        faults: why it is not right; none: it is.
    """

    safety: str
    left: list[str]
    dropped: list[str]
    held: int
    notes: list[str]
    faults: list[str]


def restore(source: Source, wish: Wish, *, actor: Actor) -> Outcome:
    """Put a proven backup in place; the caller holds the lock.

    Raises:
        NotQuietError: maintenance is off, or somebody has not confirmed it; nothing was changed.
        BackupError: no backup of what is there could be made; nothing was changed.
    """
    require_quiet()
    started = clock.now()
    note = f"from {source.given}"
    record = records.begin(Kind.RESTORE, by=actor.id, root=str(wish.places.root), note=note)
    try:
        outcome = _restored(source, wish, actor)
    except BaseException as error:
        records.end(record, started=started, error=error)
        log.exception("restore failed", source=str(source.given))
        raise
    wrong = WrongAfterwardsError("; ".join(outcome.faults)) if outcome.faults else None
    records.tell(record, {"as_of": source.manifest.as_of, "documents": source.manifest.documents})
    records.end(record, started=started, error=wrong)
    log.info("database restored", source=str(source.given), as_of=source.manifest.as_of)
    return outcome


class WrongAfterwardsError(RuntimeError):
    """Everything was put in place, and does not hold together."""


def require_quiet() -> None:
    """See to it that nothing writes.

    Raises:
        NotQuietError: something may.
    """
    if mode.standing() in {None, mode.BY_FILE}:
        raise NotQuietError("Maintenance is off, so people would write: manage.py maintenance on --reason …")
    if left := standstill.unconfirmed():
        raise NotQuietError(f"These have not confirmed yet that they stand still: {', '.join(left)}.")


def _restored(source: Source, wish: Wish, actor: Actor) -> Outcome:
    now, moment = clock.now(), source.manifest.as_of
    with server.connected() as client, mode.exempt():
        database = server.product(client)
        safety = _safety(database, wish, actor)
        held = _prepared(database, source, wish.tell, now=now)
        require_quiet()  # somebody may have ended it meanwhile
        told = {"from": str(source.given), "manifest_sha256": source.sha256, "safety": safety}
        records.mark_unfinished({**told, "by": actor.id, "begun_at": now, "as_of": moment})
        _exchange(database, source, wish.tell)
        faults = proving.wrong_counts(database, source.directory, source.manifest)
        left, dropped = _others(database, source, drop=wish.drop)
        wish.tell("what follows")
        faults += _missing_indexes_made()
        for follow_up in entered.follow_ups.values():
            follow_up()
        _record(source, actor, now=clock.now())
        notes = _clear_caches(actor)
        records.mark_finished()
        wish.tell("proof")
        faults += [*proving.faults(), *proving.failed_checks()]
    return Outcome(safety, left, dropped, held, notes, faults)


def _safety(database: Database[Document], wish: Wish, actor: Actor) -> str:
    """Return where a backup of what is there lies; of a restore that was begun before, the one of then."""
    begun = records.unfinished()
    if begun is not None:
        return str(begun["safety"])
    if not dumping.collections_of(database):
        return ""
    wish.tell("safety backup")
    made = making.make_safety(making.Wish(wish.places, settings.BACKUP_KEEP, "before a restore"), actor=actor)
    return str(made.path)


def _prepared(
    database: Database[Document], source: Source, tell: Callable[[str], object], *, now: datetime
) -> int:
    """Fill every collection beside the one that is there; returns how many mails are for a person."""
    try:
        for name, part in source.manifest.collections.items():
            tell(f"{name}: {part.documents:,} documents")
            loading.load(source.directory, name, part, database, f"{BEING_RESTORED}{name}")
        return _keep_what_lasts(database, source, now=now)
    except BaseException:
        with contextlib.suppress(PyMongoError):  # it may be away; the next restore drops them
            _drop_what_was_filled(database)
        raise


def _drop_what_was_filled(database: Database[Document]) -> None:
    for name in database.list_collection_names(filter={"name": {"$regex": f"^{BEING_RESTORED}"}}):
        database.drop_collection(name)


def _keep_what_lasts(database: Database[Document], source: Source, *, now: datetime) -> int:
    """Carry over what stays as it is now; returns how many mails a person has to decide on."""
    parts = source.manifest.collections
    for each in entered.lasting:
        if each.collection in parts:
            into = {
                "into": f"{BEING_RESTORED}{each.collection}",
                "whenMatched": "merge",
                "whenNotMatched": "discard",
            }
            chosen = [{"$project": dict.fromkeys(each.fields, 1)}] if each.fields else []
            matched = {"$match": each.which(source.manifest.as_of)}
            database[each.collection].aggregate([matched, *chosen, {"$merge": into}])
    for ended in entered.ended:
        if ended.collection in parts:
            fresh = database[f"{BEING_RESTORED}{ended.collection}"]
            fresh.update_many(ended.which, {"$set": dict(ended.change(now))})
    if mails.OUTBOX not in parts:
        return 0
    return mails.hold_the_unknown(database[f"{BEING_RESTORED}{mails.OUTBOX}"], mails.OUTBOX)


def _exchange(database: Database[Document], source: Source, tell: Callable[[str], object]) -> None:
    tell("exchange")
    for name in source.manifest.collections:
        database[f"{BEING_RESTORED}{name}"].rename(name, dropTarget=True)


def _others(database: Database[Document], source: Source, *, drop: bool) -> tuple[list[str], list[str]]:
    """Return the collections that are not in the backup: those that stay, and those that went."""
    _drop_what_was_filled(database)  # from another backup, by a restore that was killed
    others = [name for name in dumping.collections_of(database) if name not in source.manifest.collections]
    if not drop:
        return others, []
    for name in others:
        database.drop_collection(name)
    return [], others


def _missing_indexes_made() -> list[str]:
    """Make the declared indexes that the backup lacks; returns why that cannot be."""
    try:
        indexes.create_missing()
    except PyMongoError as error:
        return [f"declared indexes cannot be made: {type(error).__name__}; manage.py migrate may be needed"]
    return []


@unit_of_work()
def _record(source: Source, actor: Actor, *, now: datetime) -> None:
    as_of = source.manifest.as_of.isoformat()
    after = {"as_of": as_of, "manifest_sha256": source.sha256, "documents": source.manifest.documents}
    audit.record(actor, "database.restored", target="database", now=now, after=after)


def _clear_caches(actor: Actor) -> list[str]:
    try:
        clear(list(Namespace), actor=actor, now=clock.now())
    except ServiceUnavailableError:
        return ["Redis is away, so the caches were not cleared: manage.py clear_cache once it is back."]
    return []
