"""``manage.py restore --from DIR_OR_ARCHIVE [--drop] [--apply] [--redis]``: a backup in place of the data.

``--before TIME`` instead of ``--from``: the newest backup whose data are of before then.

Exit status 0: all is right, 1: it is not done, or something is not right afterwards.
"""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.actors import Actor
from ops.backup import choosing, planning, redis_return, restoring, server, sources
from ops.backup.errors import BackupError
from ops.backup.places import Places
from ops.backup.planning import Difference
from ops.backup.restoring import Outcome, Wish
from ops.backup.sources import Source
from ops.spans import moment

WRONG = 1
UNRECORDED = "The control database knows nothing of this backup: only its own sums prove it."
EFFECTS = (
    "Afterwards everybody is signed out. Passwords, second factors, rights of staff, and what was revoked or "
    "disabled stay as they are now; mails that were sent are not sent again."
)


class Command(BaseCommand):
    help = "Put a backup in place of what is there: says what would be lost, unless --apply is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="source", type=Path, help="directory or archive of a backup")
        parser.add_argument(
            "--before", type=moment, help="the newest backup of before then, for example 2026-11-26T03:00Z"
        )
        parser.add_argument("--drop", action="store_true", help="drop collections that are not in the backup")
        parser.add_argument("--apply", action="store_true", help="do it; without this only look")
        parser.add_argument(
            "--redis", action="store_true", help="print what puts the latest copy of Redis back, and no more"
        )

    def handle(self, *_args: Any, source: Path | None, redis: bool, **options: Any) -> None:
        """Look, or do it."""
        places = Places(settings.BACKUP_DIR.resolve())
        try:
            if redis:
                self.stdout.write("\n".join(redis_return.steps(places)))
                return
            chosen = _chosen(source, options["before"], places)
            with places.locked(), sources.opened(chosen, places) as proven:
                _require_before(proven, options["before"])
                self._tell(proven, drop=options["drop"])
                if options["apply"]:
                    self._apply(proven, Wish(places, options["drop"], self.stdout.write))
                else:
                    self.stdout.write("Nothing was changed; --apply does it.")
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _tell(self, source: Source, *, drop: bool) -> None:
        held = source.manifest
        self.stdout.write(
            f"{source.given}: as of {held.as_of:%Y-%m-%d %H:%M:%S} UTC, version {held.version}, "
            f"{held.documents:,} documents, whole"
        )
        if source.record is None:
            self.stdout.write(UNRECORDED)
        with server.connected() as client:
            found = planning.differences(server.product(client), held)
        self.stdout.write("\n".join(_table(found)))
        self.stdout.write("\n".join(_notes(found, drop=drop)))

    def _apply(self, source: Source, wish: Wish) -> None:
        outcome = restoring.restore(source, wish, actor=Actor.shell())
        self.stdout.write("\n".join(_summary(source, outcome)))
        if outcome.faults:
            self.stderr.write("\n".join(outcome.faults))
            sys.exit(WRONG)


def _chosen(source: Path | None, before: datetime | None, places: Places) -> Path:
    if before is not None and source is None:
        return choosing.before(before, places)
    if source is not None and before is None:
        return source
    raise CommandError("Say from what: --from DIR_OR_ARCHIVE, or --before TIME")


def _require_before(source: Source, before: datetime | None) -> None:
    """Refuse one that is younger than its name says."""
    if before is not None and source.manifest.as_of >= before:
        as_of = f"{source.manifest.as_of:%Y-%m-%d %H:%M:%S}"
        raise CommandError(f"{source.given} is of {as_of} UTC, and so not of before: say it by --from.")


def _table(found: list[Difference]) -> Iterator[str]:
    yield f"{'collection':<28}{'now':>10}{'backup':>10}{'after':>10}  newest"
    for each in found:
        newest = f"{each.newest:%Y-%m-%d %H:%M:%S}" if each.newest else "-"
        now, then = ("-" if number is None else f"{number:,}" for number in (each.now, each.then))
        yield f"{each.name:<28}{now:>10}{then:>10}{each.since:>10,}  {newest}"


def _notes(found: list[Difference], *, drop: bool) -> Iterator[str]:
    lost = sum(each.since for each in found)
    yield f"{lost:,} documents were made or changed after the backup (`after`): that would be lost."
    if others := [each.name for each in found if each.then is None]:
        what = "would be dropped" if drop else "would stay as they are, --drop drops them"
        yield f"Not in the backup, and {what}: {', '.join(others)}"
    yield EFFECTS


def _summary(source: Source, outcome: Outcome) -> Iterator[str]:
    held = source.manifest
    yield f"Restored: {held.documents:,} documents as of {held.as_of:%Y-%m-%d %H:%M:%S} UTC."
    if outcome.safety:
        yield f"What was there before is in {outcome.safety}"
    if outcome.left:
        yield f"Not in the backup, and left as they are: {', '.join(outcome.left)}"
    if outcome.dropped:
        yield f"Not in the backup, and dropped: {', '.join(outcome.dropped)}"
    if outcome.held:
        yield f"{outcome.held} mails may have been sent since: now dead letters, for you to decide."
    yield from outcome.notes
    yield "Maintenance is still on: look around, then manage.py maintenance off."
    yield "All is right." if not outcome.faults else "Not all is right:"
