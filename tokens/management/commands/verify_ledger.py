"""``manage.py verify_ledger [--account ID|NAME] [--since TIME] [--json]``: does the ledger hold?

Exit status 0: all is well, 1: something is broken, 2: nobody could look.
"""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ops.errors import DatabaseUnavailableError
from tokens import queries
from tokens.actions import checking
from tokens.actions.checking import LedgerUnreadableError, Progress, Scope

BROKEN, COULD_NOT_LOOK = 1, 2
# Between two lines of progress.
SECONDS = 2.0


class Command(BaseCommand):
    help = (
        "Check every invariant of the ledger; changes nothing, and may run while people pay. "
        "Exit status: 0 all is well, 1 something is broken, 2 nobody could look."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to check, and how to tell."""
        parser.add_argument("--account", help="only this account and its transactions: its id or name")
        parser.add_argument(
            "--since",
            type=_time,
            help="only what was posted from then on (2026-11-26T03:00Z); what lies before is taken as right",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_args: Any, account: str | None, since: datetime | None, **options: Any) -> None:
        """Check, and tell what was found."""
        self._began = self._told = time.monotonic()
        try:
            scope = Scope(self._account_id(account) if account else None, since)
            progress = checking.check(scope, tell=self._tell)
        except (LedgerUnreadableError, DatabaseUnavailableError, DatabaseError) as error:
            said = f"The ledger cannot be read: {type(error.__cause__ or error).__name__}"
            raise CommandError(said, returncode=COULD_NOT_LOOK) from error
        said = self._document(progress) if options["json"] else self._text(progress)
        self.stdout.write(said)
        if progress.findings.broken:
            sys.exit(BROKEN)

    def _account_id(self, wanted: str) -> str:
        found = queries.account_by_id(wanted) or queries.account_by_name(wanted)
        if found is None:
            raise CommandError(f"There is no account {wanted}", returncode=COULD_NOT_LOOK)
        return str(found["_id"])

    def _tell(self, progress: Progress) -> None:
        """Say from time to time how far it is; not among what is printed as the answer."""
        now = time.monotonic()
        if now - self._told >= SECONDS:
            self._told = now
            rate = f"{self._rate(progress):,.0f}/s"
            self.stderr.write(f"{progress.phase}: {_counts(progress)}, {rate}", self.style.NOTICE)

    def _rate(self, progress: Progress) -> float:
        return (progress.entries + progress.transactions) / max(time.monotonic() - self._began, 0.001)

    def _text(self, progress: Progress) -> str:
        found = progress.findings
        lines = [f"{each.invariant}: {each.sentence}\n    {' '.join(each.documents)}" for each in found.kept]
        if more := sum(found.broken.values()) - len(found.kept):
            lines.append(f"and {more} more")
        broken = ", ".join(f"{name} ({times})" for name, times in sorted(found.broken.items()))
        lines.append(f"{_counts(progress)}, {self._rate(progress):,.0f}/s")
        lines.append(f"Broken: {broken}" if broken else "All invariants hold.")
        return "\n".join(lines)

    def _document(self, progress: Progress) -> str:
        found = progress.findings
        document = {
            "holds": not found.broken,
            "broken": dict(found.broken),
            "findings": [
                {"invariant": each.invariant, "sentence": each.sentence, "documents": each.documents}
                for each in found.kept
            ],
            "counts": {
                "accounts": progress.accounts,
                "entries": progress.entries,
                "transactions": progress.transactions,
            },
            "seconds": round(time.monotonic() - self._began, 3),
            "rate": round(self._rate(progress), 1),
        }
        return json.dumps(document)


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _counts(progress: Progress) -> str:
    return (
        f"{progress.accounts:,} accounts, {progress.entries:,} entries, "
        f"{progress.transactions:,} transactions"
    )
