"""``manage.py verify_audit [--from TIME] [--to TIME] [--json]``: is the audit log as it was written?

Exit status 0: it is whole, 1: something is wrong, 2: nobody could look.
"""

import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ops import clock
from ops.audit import verifying
from ops.audit.reading import Scope
from ops.audit.verifying import AuditLogUnreadableError, Verification
from ops.errors import DatabaseUnavailableError
from ops.management.spans import add_span

BROKEN, COULD_NOT_LOOK = 1, 2
# Between two lines of progress.
SECONDS = 2.0


class Command(BaseCommand):
    help = (
        "Verify the chain of the audit log; changes nothing, and may run while entries are written. "
        "Exit status: 0 it is whole, 1 something is wrong, 2 nobody could look."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to verify, and how to tell."""
        add_span(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify, and tell what was found."""
        self._told = time.monotonic()
        scope = Scope(options["since"], options["until"])
        try:
            found = verifying.verify(scope, now=clock.now(), tell=self._tell)
        except (AuditLogUnreadableError, DatabaseUnavailableError, DatabaseError) as error:
            said = f"The audit log cannot be read: {type(error.__cause__ or error).__name__}"
            raise CommandError(said, returncode=COULD_NOT_LOOK) from error
        self.stdout.write(_document(found) if options["json"] else _text(found))
        if found.findings.broken:
            sys.exit(BROKEN)

    def _tell(self, found: Verification) -> None:
        """Say from time to time how far it is; not among what is printed as the answer."""
        now = time.monotonic()
        if now - self._told >= SECONDS:
            self._told = now
            self.stderr.write(_counts(found), self.style.NOTICE)


def _text(found: Verification) -> str:
    kept, broken = found.findings.kept, found.findings.broken
    lines = [f"{each.fault}: {each.sentence}" for each in kept]
    if more := sum(broken.values()) - len(kept):
        lines.append(f"and {more} more")
    lines.append(_counts(found))
    faults = ", ".join(f"{name} ({times})" for name, times in sorted(broken.items()))
    lines.append(f"Broken: {faults}" if faults else "The chain is whole.")
    return "\n".join(lines)


def _document(found: Verification) -> str:
    document = {
        "whole": not found.findings.broken,
        "broken": dict(found.findings.broken),
        "findings": [each._asdict() for each in found.findings.kept],
        "counts": {"sealed": found.sealed, "waiting": found.waiting, "blanked": found.blanked},
        "first": found.first,
        "last": found.last,
    }
    return json.dumps(document)


def _counts(found: Verification) -> str:
    span = f"numbers {found.first} to {found.last}"
    return f"{span}: {found.sealed:,} sealed, {found.blanked:,} of them blanked; {found.waiting:,} waiting"
