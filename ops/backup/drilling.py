"""The drill: is the latest backup one that can be restored? Tried beside the product, which notices nothing.

It goes into a database of its own, is looked at as a restore would be, and is gone afterwards.
"""

from typing import NamedTuple

from ops import clock
from ops.actors import Actor
from ops.backup import loading, proving, records, server
from ops.backup.errors import BackupError
from ops.backup.places import Places
from ops.backup.records import Kind
from ops.backup.sources import Source, opened
from ops.logs import logger

DATABASE = "second_brain_drill"
log = logger(__name__)


class DrillFailedError(BackupError):
    """The backup was put into a database, and something is wrong with it."""


class Drilled(NamedTuple):
    """What was tried, and how long it took."""

    source: Source
    seconds: float


def drill(places: Places, *, actor: Actor) -> Drilled:
    """Restore the latest backup into a scratch database, and look at it.

    Raises:
        BackupError: it could not be restored, or something is wrong with it; which.
    """
    with places.locked():
        started = clock.now()
        record = records.begin(Kind.DRILL, by=actor.id, root=str(places.root))
        try:
            with opened(places.latest, places) as source:
                _try(source)
        except BaseException as error:
            records.end(record, started=started, error=error)
            log.exception("restore drill failed")
            raise
        told = {"documents": source.manifest.documents, "as_of": source.manifest.as_of}
        records.tell(record, {**told, "of": str(source.given), "of_manifest": source.sha256})
        records.end(record, started=started)
    seconds = (clock.now() - started).total_seconds()
    log.info("restore drill passed", documents=source.manifest.documents, seconds=round(seconds, 1))
    return Drilled(source, seconds)


def _try(source: Source) -> None:
    with server.connected() as client:
        scratch = client[DATABASE]
        client.drop_database(DATABASE)  # of a drill that was killed
        try:
            for name, part in source.manifest.collections.items():
                loading.load(source.directory, name, part, scratch, name)
            wrong = proving.wrong_counts(scratch, source.directory, source.manifest)
            with proving.looking_at(scratch):
                wrong += proving.faults()
        finally:
            client.drop_database(DATABASE)
    if wrong:
        raise DrillFailedError(f"{source.given} can be restored, but: {'; '.join(wrong)}.")
