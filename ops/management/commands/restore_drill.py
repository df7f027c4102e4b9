"""``manage.py restore_drill``: can the latest backup be restored? Tried in a database of its own.

Exit status 0: it can, 1: it cannot, or something is wrong with it.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ops.actors import Actor
from ops.backup import drilling
from ops.backup.errors import BackupError
from ops.backup.places import Places


class Command(BaseCommand):
    help = "Restore the latest backup into a scratch database, look at it, and drop it; people may go on."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Try, and say how long it took."""
        try:
            drilled = drilling.drill(Places(settings.BACKUP_DIR.resolve()), actor=Actor.shell())
        except BackupError as error:
            raise CommandError(str(error)) from error
        held = drilled.source.manifest
        self.stdout.write(
            f"{held.documents:,} documents as of {held.as_of:%Y-%m-%d %H:%M:%S} UTC can be restored, "
            f"and hold together: {drilled.seconds:.1f} s"
        )
