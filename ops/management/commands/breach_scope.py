"""``manage.py breach_scope --since TIME [--session S] …``: what the acts of somebody have touched.

From the audit log: families, accounts, persons, documents and fields, tokens, ways in. From the lines of the
log, which the journal has or ``--file``: what was read. ``--threats``: what goes on now instead. Changes
nothing. Source: runbook inventory, C21 to C23, C28.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.breach import scope, telling, threats
from ops.breach.asking import network
from ops.breach.searching import Wanted
from ops.bundle import loglines
from ops.bundle.errors import CannotReadError
from ops.doctor import whereabouts
from ops.logs.journal import Line
from ops.spans import moment


class Command(BaseCommand):
    help = "Tell what somebody who should not have been there has touched: changed, moved, made and read."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose acts, and of which time."""
        parser.add_argument("--since", type=moment, required=True, help="from then on: 2026-11-26T03:00Z")
        parser.add_argument("--until", type=moment, help="before then; without: up to now")
        parser.add_argument("--actor", help="id of a user, or for example shell:<login>")
        parser.add_argument("--address", dest="network", type=network, help="an address, or a network")
        parser.add_argument("--session", help="id of a session")
        parser.add_argument("--token", help="id of a permanent token")
        parser.add_argument("--request", dest="request_id", help="id of a request")
        parser.add_argument("--follow", action="store_true", help="sessions and tokens they made, too")
        parser.add_argument("--threats", action="store_true", help="what goes on now, and ways in since then")
        parser.add_argument("--file", help="lines of the log, as the journal has them; -: standard input")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *_args: Any, since: datetime, **options: Any) -> None:
        """Print it."""
        wanted = Wanted(since, *(options[name] for name in Wanted._fields[1:]))
        if options["threats"]:
            now = clock.now()
            lines = self._lines(now - threats.LATELY, options["file"])
            found = threats.find(now, lines, ways_since=since)
            document, text = telling.threats_as_document(found), telling.threats_as_text(found)
        elif wanted.names_somebody:
            touched = scope.find(wanted, self._lines(since, options["file"]), follow=options["follow"])
            document, text = telling.as_document(touched), telling.as_text(touched)
        else:
            raise CommandError("Say whose acts: --actor, --address, --session, --token or --request.")
        self.stdout.write(json.dumps(document, indent=2) if options["json"] else "\n".join(text))

    def _lines(self, since: datetime, file: str | None) -> Iterable[Line] | None:
        """Return the lines of our processes; ``None``: there are none to be read, and why is said."""
        try:
            found = loglines.read(whereabouts.from_settings(), since, file)
        except CannotReadError as error:
            if file is not None:
                raise CommandError(str(error)) from error
            self.stderr.write(f"Only the audit log is looked at: {error}")
            return None
        for note in found.notes:
            self.stderr.write(note)
        return found.lines
