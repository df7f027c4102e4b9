"""``manage.py can_read_data [--way-back | --declare]``: may this release run on the data as it is?

Exit status 0: yes, 1: no, 2: nobody could look.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ops.deploy import way_back
from ops.errors import DatabaseUnavailableError

COULD_NOT_LOOK = 2


class Command(BaseCommand):
    help = (
        "Say whether this release can read the data: whether it carries every applied migration, or the "
        "release that does has said that it may be left out of account. "
        "Exit status: 0 yes, 1 no, 2 nobody could look."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--way-back",
            action="store_true",
            help="say whether the release before could still read the data after what `migrate` would do now",
        )
        which.add_argument(
            "--declare",
            action="store_true",
            help="after `migrate`: write down which migrations the release before may leave out of account",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look, and say it."""
        try:
            if options["declare"]:
                names = way_back.declare()
                self.stdout.write(f"Readable by the release before: {len(names)} applied migrations")
                return
            found = way_back.standing()
        except (DatabaseError, DatabaseUnavailableError) as error:
            raise CommandError("MongoDB cannot be reached", returncode=COULD_NOT_LOOK) from error
        self._tell_way_back(found) if options["way_back"] else self._tell(found)

    def _tell(self, found: way_back.Standing) -> None:
        if found.unknown:
            raise CommandError(f"Made by a later release, unknown to this one: {', '.join(found.unknown)}")
        self.stdout.write("This release can read the data.")

    def _tell_way_back(self, found: way_back.Standing) -> None:
        if found.one_way:
            raise CommandError(f"No way back after these migrations: {', '.join(found.one_way)}")
        for name in found.pending:
            self.stdout.write(f"pending: {name}")
        self.stdout.write(f"{len(found.pending)} migrations are pending; there is a way back after them.")
