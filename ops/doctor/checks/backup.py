"""doctor:backup (runbook R092 to R098): there is a backup of today, where it should be, and it was tried.

Outside of production nothing makes backups by itself, so there none is missed.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts
from ops.mongo.collections import Document

if TYPE_CHECKING:
    from ops.backup.places import Places
    from ops.backup.records import Standing

# Made once a day, and tried once a week.
LATE, TOO_LATE, DRILL_LATE = timedelta(hours=26), timedelta(days=3), timedelta(days=8)
MAKE = ".venv/bin/python manage.py backup"
DRILL = ".venv/bin/python manage.py restore_drill"


def look(where: Whereabouts) -> Finding:
    """Compare what is recorded of backups with what lies in their directory; the worst fault comes first."""
    seen = ask(where, _standing)
    if isinstance(seen, Finding):
        return seen
    standing, places = seen
    if standing.unfinished is not None:
        return _of_unfinished(standing.unfinished)
    if standing.backup is None and standing.failed_backup is None and not where.production:
        return Finding(Result.OK, ("no backup was made; outside of production none is missed",))
    found = [
        *_of_backup(standing, places, missed=where.production),
        *_of_drill(standing, missed=where.production),
    ]
    if not found:
        return Finding(Result.OK, (_told(standing.backup),))
    found.sort(key=lambda each: -each.result.severity)
    evidence = tuple(line for each in found for line in each.evidence)
    return replace(found[0], evidence=evidence)


def _standing() -> "tuple[Standing, Places]":
    from django.conf import settings  # noqa: PLC0415  # only when Django is set up

    from ops.backup import records  # noqa: PLC0415  # as above
    from ops.backup.places import Places  # noqa: PLC0415  # as above

    return records.standing(), Places(settings.BACKUP_DIR.resolve())


def _of_unfinished(begun: Document) -> Finding:
    said = f"a restore from {begun['from']} was begun at {begun['begun_at']:%Y-%m-%d %H:%M:%S} UTC"
    again = f".venv/bin/python manage.py restore --from {begun['from']} --apply"
    return Finding(Result.FAILED, (f"{said}, and has not ended",), "it is at work, or was killed", again)


def _of_backup(standing: "Standing", places: "Places", *, missed: bool) -> Iterator[Finding]:
    made, failed = standing.backup, standing.failed_backup
    if failed is not None:
        said = f"the last backup failed at {_moment(failed['ended_at'])}: {failed['error']}"
        yield Finding(Result.DEGRADED, (said,), "see the log of sbd-backup", MAKE, due_to=("disk", "redis"))
    if made is None:
        yield Finding(Result.FAILED, ("there is no backup",), "none was made yet", MAKE)
        return
    age = clock.now() - made["ended_at"]
    if missed and age > LATE:
        result = Result.FAILED if age > TOO_LATE else Result.DEGRADED
        yield Finding(result, (f"{_told(made)}: too old",), "sbd-backup.timer does not run", MAKE)
    if fault := _fault_of_files(made, places):
        yield Finding(Result.FAILED, (fault,), "it was moved, changed or deleted", MAKE)
    elif (free := shutil.disk_usage(places.root).free) < 2 * made["bytes"]:
        said = (
            f"{places.root} has {free / 2**20:,.0f} MB free, and a backup takes {made['bytes'] / 2**20:,.0f}"
        )
        remedy = f"df -h {places.root}"
        yield Finding(Result.DEGRADED, (said,), "the disk is nearly full", remedy, due_to=("disk",))


def _fault_of_files(made: Document, places: "Places") -> str | None:
    """Look at the manifest, and at the length of each file: their sums take too long here."""
    from ops.backup import manifest  # noqa: PLC0415  # only when Django is set up
    from ops.backup.errors import DamagedError  # noqa: PLC0415  # as above

    if not str(made["where"]).startswith(f"{places.root}/"):
        return None  # made elsewhere, on somebody's wish
    try:
        if manifest.sha256(places.latest) != made["manifest_sha256"]:
            return f"{places.latest} is not the backup that was made last"
        parts = manifest.read(places.latest).collections
        sizes = {name: (places.latest / f"{name}{manifest.DATA}").stat().st_size for name in parts}
    except (DamagedError, OSError) as error:
        return f"{places.latest} cannot be read: {type(error).__name__}"
    wrong = sorted(name for name, part in parts.items() if sizes[name] != part.bytes)
    return f"not as long as they were: {', '.join(wrong)}" if wrong else None


def _of_drill(standing: "Standing", *, missed: bool) -> Iterator[Finding]:
    if standing.failed_drill is not None:
        failed = standing.failed_drill
        said = f"the backup could not be restored at {_moment(failed['ended_at'])}: {failed['error']}"
        yield Finding(Result.FAILED, (said,), "the backup, or what was backed up, is damaged", DRILL)
    elif missed and standing.drill is None:
        yield Finding(Result.DEGRADED, ("no backup was ever tried",), "restore_drill did not run yet", DRILL)
    elif missed and standing.drill and clock.now() - standing.drill["ended_at"] > DRILL_LATE:
        said = f"the last backup that was tried is of {_moment(standing.drill['ended_at'])}"
        yield Finding(Result.DEGRADED, (said,), "sbd-restore-drill.timer does not run", DRILL)


def _told(made: Document | None) -> str:
    if made is None:
        return "there is no backup"
    return f"the last backup is of {_moment(made['as_of'])}, {made['documents']:,} documents"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
