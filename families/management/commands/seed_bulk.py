"""``manage.py seed_bulk --families N``: families by the thousand, to try how the system bears them."""

import os
import time
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from families.bulk import writing
from families.bulk.plan import MOST_SEED, Plan
from ops import clock
from tokens.actions import upkeep

# Between two lines of progress.
SECONDS = 2.0
# Beyond the number of cores it is the database that takes the time.
MOST_PROCESSES = 4


class Command(BaseCommand):
    help = (
        "Make families with their people, accounts, payments, invitations, requests, sessions and notices, "
        "of any number; run again, it goes on where it was interrupted. Not in production."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many of what."""
        parser.add_argument("--families", type=_number, required=True, help="how many there shall be in all")
        parser.add_argument(
            "--members-per-family", type=_number, default=3, help="on average, the founder included"
        )
        parser.add_argument("--entries-per-account", type=_number, default=5, help="of each family's account")
        parser.add_argument("--seed", type=int, default=0, help=f"from 0 to {MOST_SEED}")
        parser.add_argument(
            "--processes",
            type=_number,
            default=min(MOST_PROCESSES, os.cpu_count() or 1),
            help="how many write at once",
        )
        parser.add_argument("--add", action="store_true", help="beside people who are there already")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write what is missing, and say how long it took."""
        self._refuse(options)
        plan = Plan(
            families=options["families"],
            members=options["members_per_family"],
            most_members=settings.MAX_MEMBERS_PER_FAMILY,
            entries=options["entries_per_account"],
            seed=options["seed"],
            now=clock.now(),
        )
        self._began = self._told = time.monotonic()
        self._families = plan.families
        written = writing.write_all(plan, processes=options["processes"], tell=self._tell)
        upkeep.roll_up(now=clock.now())
        seconds = time.monotonic() - self._began
        self.stdout.write(f"{plan.families:,} families, {written:,} of them new, in {seconds:,.1f} s")

    def _refuse(self, options: dict[str, Any]) -> None:
        if settings.PRODUCTION:
            raise CommandError("People who are made up have no place in production.")
        if not 0 <= options["seed"] <= MOST_SEED:
            raise CommandError(f"A seed is from 0 to {MOST_SEED}.")
        if options["members_per_family"] > settings.MAX_MEMBERS_PER_FAMILY:
            raise CommandError(f"A family has {settings.MAX_MEMBERS_PER_FAMILY} members at most.")
        if not options["add"] and writing.has_others():
            raise CommandError("There are people already: --add makes families beside them.")

    def _tell(self, done: int) -> None:
        """Say from time to time how far it is; not among what is printed as the answer."""
        now = time.monotonic()
        if now - self._told >= SECONDS:
            self._told = now
            rate = done / (now - self._began)
            self.stderr.write(f"{done:,} of {self._families:,} families, {rate:,.0f}/s", self.style.NOTICE)


def _number(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise ArgumentTypeError("a whole number from 1 on")
    return number
