"""``manage.py export_audit [--from TIME] [--to TIME] [--private]``: the audit log, to be verified elsewhere.

JSON lines on standard output; ``docs/audit.md`` tells what they are, and ``clients/verify_audit_export.py``
verifies them. Exit status 2: it could not be read to its end, and what was printed is not whole.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from ops import clock
from ops.audit import exporting
from ops.audit.reading import Scope
from ops.audit.verifying import AuditLogUnreadableError
from ops.errors import DatabaseUnavailableError
from ops.management.spans import add_span

COULD_NOT_LOOK = 2


class Command(BaseCommand):
    help = "Print the audit log as JSON lines from which others can prove, with the key, that it is whole."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to export."""
        add_span(parser)
        parser.add_argument(
            "--private", action="store_true", help="with addresses and what people wrote freely"
        )

    def handle(self, *_args: Any, private: bool, **options: Any) -> None:
        """Print it."""
        scope = Scope(options["since"], options["until"])
        try:
            for line in exporting.lines(scope, with_private=private, now=clock.now()):
                self.stdout.write(line)
        except (AuditLogUnreadableError, DatabaseUnavailableError, DatabaseError) as error:
            said = f"The audit log cannot be read: {type(error.__cause__ or error).__name__}"
            raise CommandError(said, returncode=COULD_NOT_LOOK) from error
