"""``manage.py errors [--since 1h] [--group] [--unit U] [--file F] [--json]``: what went wrong, from the log.

All four units at once, each error once however long its traceback (runbook, R041 and R045). Needs neither the
database nor Redis; changes nothing.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.logs import errors, journal
from ops.logs.errors import Found, Group
from ops.logs.journal import Line, NoJournalError
from ops.spans import duration

WIDTH = 80
SHOWN = 100
FROM_A_FILE = "Give it lines to read: `docker compose logs | .venv/bin/python manage.py errors --file -`"


class Command(BaseCommand):
    help = "Show what went wrong: errors in the logs of all units, or patterns of them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=duration, default=timedelta(hours=1), help="how far back: 30m, 1h, 7d (1h)"
        )
        parser.add_argument("--group", action="store_true", help="each pattern once, with how often and when")
        parser.add_argument("--unit", choices=journal.UNITS, action="append", help="only of this one; again")
        parser.add_argument("--file", help="read from a file, not from the journal; -: standard input")
        parser.add_argument("--json", action="store_true", help="for machines: one object a line")

    def handle(self, *_args: Any, since: timedelta, **options: Any) -> None:
        """Print them."""
        with self._lines(options["file"], options["unit"] or journal.UNITS, clock.now() - since) as lines:
            try:
                found = errors.found(lines)
            except NoJournalError as error:
                raise CommandError(f"The journal cannot be read: {error}. {FROM_A_FILE}") from error
        told = errors.grouped(found) if options["group"] else found[-SHOWN:]
        for each in told:
            self.stdout.write(_as_json(each) if options["json"] else _as_text(each))
        if options["json"]:
            return
        if len(found) > SHOWN and not options["group"]:
            self.stdout.write(f"These are the last {SHOWN} of {len(found)}; --group tells what they are.")
        if not found:
            self.stdout.write("None.")

    @contextmanager
    def _lines(self, name: str | None, units: Sequence[str], since: datetime) -> Iterator[Iterator[Line]]:
        if name is None:
            yield journal.of_units(units, since, hint=self.stderr.write)
        elif name == "-":
            yield journal.of_file(sys.stdin, since)
        else:
            try:
                with Path(name).open(errors="replace") as file:
                    yield journal.of_file(file, since)
            except OSError as error:
                raise CommandError(f"{name} cannot be read: {error.strerror}") from error


def _as_json(error: Found | Group) -> str:
    return json.dumps(asdict(error) if isinstance(error, Group) else error._asdict(), default=str)


def _as_text(error: Found | Group) -> str:
    return _group_as_text(error) if isinstance(error, Group) else _error_as_text(error)


def _error_as_text(error: Found) -> str:
    asked = " ".join(filter(None, (error.route, error.request_id)))
    first = f"{_time(error.at)}  {error.unit}  {error.what}"
    return f"{first}\n    {asked}" if asked else first


def _group_as_text(group: Group) -> str:
    lines = [
        f"{group.count} x  {group.what}",
        f"    {_time(group.first)} to {_time(group.last)}",
        f"    {', '.join(group.units)}",
        *([f"    {', '.join(group.routes)}"] if group.routes else []),
        *([f"    request {group.request_id}"] if group.request_id else []),
    ]
    return "\n".join(line[: WIDTH - 1] + "…" if len(line) > WIDTH else line for line in lines)


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "at some time"
