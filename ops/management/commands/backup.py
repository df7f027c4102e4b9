"""``manage.py backup [--to DIR] [--keep N] [--note TEXT] [--mark]``: the whole database, as of one moment.

Exit status 0: it is made, 1: it is not, and the latest one is as it was.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.actors import Actor
from ops.backup import making
from ops.backup.errors import BackupError
from ops.backup.making import Made, Wish
from ops.backup.places import Places


class Command(BaseCommand):
    help = "Back up MongoDB, as it is at one moment, and Redis; people may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help=f"directory ({settings.BACKUP_DIR})")
        parser.add_argument(
            "--keep",
            type=int,
            default=settings.BACKUP_KEEP,
            metavar="N",
            help=f"older backups that stay beside the latest ({settings.BACKUP_KEEP})",
        )
        parser.add_argument("--note", default="", help="why; stands in its manifest and its record")
        parser.add_argument("--mark", action="store_true", help="never delete this one")

    def handle(self, *_args: Any, to: Path | None, keep: int, **options: Any) -> None:
        """Make it, and say what it holds."""
        if keep < 0:
            raise CommandError("--keep is 0 or more")
        places = Places((to or settings.BACKUP_DIR).resolve())
        try:
            made = making.make(Wish(places, keep, options["note"], options["mark"]), actor=Actor.shell())
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_text(made, places))
        if made.redis_fault:
            self.stderr.write(f"{made.redis_fault} The copy from before stays, if there was one.")


def _text(made: Made, places: Places) -> str:
    held = made.manifest
    what = f"{held.documents:,} documents of {len(held.collections)} collections"
    size = f"{held.bytes / 2**20:,.1f} MB"
    lines = [
        f"{what}, {size}, as of {held.as_of:%Y-%m-%d %H:%M:%S} UTC, in {made.seconds:.1f} s",
        f"{places.latest} -> {made.path.name}",
    ]
    if made.deleted:
        lines.append(f"deleted: {', '.join(made.deleted)}")
    return "\n".join(lines)
