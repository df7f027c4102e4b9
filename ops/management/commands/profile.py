"""``manage.py profile on [--slowms 100] [--for 10m] | off [--clear] | show``: which operations take long.

In place of the runbook's R056, which records every operation, on another database, for ever. This one records
what is slow, on the product's database, and ends by itself.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pymongo.errors import OperationFailure

from ops import clock
from ops.actors import Actor
from ops.errors import DomainError
from ops.profiling import switching
from ops.profiling.slowest import Shape, slowest
from ops.spans import duration

FEWEST_MS, MOST_MS = 1, 60_000
SHOWN = 10
UNAUTHORIZED = 13


class Command(BaseCommand):
    help = "Let MongoDB record what takes long, for a while; show it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("on", "off", "show"))
        parser.add_argument("--slowms", type=int, default=100, help="what takes longer is recorded (100)")
        parser.add_argument(
            "--for",
            dest="lasts",
            type=duration,
            default=duration("10m"),
            help="how long (10m), 1h at most",
        )
        parser.add_argument("--clear", action="store_true", help="with off: throw away what was recorded")

    def handle(self, *_args: Any, what: str, **options: Any) -> None:
        """Do it."""
        try:
            if what == "on":
                self._begin(**options)
            elif what == "off":
                self._end(clear=options["clear"])
            else:
                self._show()
        except DomainError as error:
            raise CommandError(error.message) from error
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            raise CommandError("The product's login may not do that; it needs the role dbAdmin.") from error

    def _begin(self, *, slowms: int, lasts: Any, **_options: Any) -> None:
        if not FEWEST_MS <= slowms <= MOST_MS:
            raise CommandError(f"--slowms: from {FEWEST_MS} to {MOST_MS}")
        try:
            until = switching.begin(slowms, lasts, actor=Actor.shell(), now=clock.now())
        except ValueError as error:
            raise CommandError(f"--for: {error}") from None
        self.stdout.write(f"What takes {slowms} ms or longer is recorded until {until:%H:%M:%S} UTC.")

    def _end(self, *, clear: bool) -> None:
        before = switching.end(actor=Actor.shell(), now=clock.now(), clear=clear)
        said = "The profiler is off." if before else "The profiler was off."
        self.stdout.write(f"{said} What it had recorded is gone." if clear else said)

    def _show(self) -> None:
        stands = switching.standing()
        if stands.level == switching.OFF:
            self.stdout.write("The profiler is off.")
        else:
            until = f"until {stands.until:%H:%M:%S} UTC" if stands.until else "without an end"
            self.stdout.write(f"The profiler is on level {stands.level}, {stands.slowms} ms, {until}.")
        found = slowest(SHOWN)
        for each in found:
            self.stdout.write(_as_text(each))
        if not found:
            self.stdout.write("Nothing is recorded.")


def _as_text(shape: Shape) -> str:
    figures = f"keys {shape.keys}, documents {shape.documents}, returned {shape.returned}"
    lines = [
        f"{shape.most_ms} ms, {shape.count} x  {shape.operation} {shape.collection}",
        f"    {shape.shape}",
        f"    {figures}; {shape.plan}" if shape.plan else f"    {figures}",
        *([f"    {shape.comment}"] if shape.comment else []),
    ]
    return "\n".join(lines)
