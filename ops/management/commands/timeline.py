"""``manage.py timeline ID [--private] [--last N]``: what happened to something, in order of time.

To a family, user, invitation, account, transaction, session, mail, or in a request: from the audit log, the
ledger, the outbox, notices and sessions (runbook, R082). Changes nothing. Without ``--private`` it shows no
address, and nothing that people wrote.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.errors import NotFoundError
from ops.timeline.registry import Moment, timeline

SHOWN, MOST = 100, 1000
INDENT = " " * 21


class Command(BaseCommand):
    help = "Show what happened to something, by its id, or in a request, by the request's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="of a family, user, invitation, account, request …")
        parser.add_argument("--private", action="store_true", help="with addresses and what people wrote")
        parser.add_argument("--last", type=int, default=SHOWN, help=f"so many, {SHOWN}; {MOST} at most")
        parser.add_argument("--json", action="store_true", help="for machines: one object a line")

    def handle(self, *_args: Any, private: bool, last: int, **options: Any) -> None:
        """Print it."""
        if not 1 <= last <= MOST:
            raise CommandError(f"--last: from 1 to {MOST}")
        try:
            moments = timeline(options["id"], last + 1)
        except NotFoundError:
            raise CommandError(f"Nothing is kept about {options['id']}.") from None
        for each in moments[-last:]:
            shown = each if private else each._replace(private={})
            self.stdout.write(_as_json(shown) if options["json"] else _as_text(shown))
        if len(moments) > last and not options["json"]:
            self.stdout.write(f"These are the last {last}; --last shows more.")


def _as_json(moment: Moment) -> str:
    return json.dumps(moment._asdict(), default=str)


def _as_text(moment: Moment) -> str:
    by = f"by {moment.who}" if moment.who else ""
    asked = f"request {moment.request_id}" if moment.request_id else ""
    facts = " ".join(f"{name}={value}" for name, value in {**moment.facts, **moment.private}.items())
    first = f"{moment.at:%Y-%m-%d %H:%M:%S}  {moment.what}  {moment.of}"
    others = (" ".join(filter(None, (by, asked))), facts)
    return "\n".join([first, *(f"{INDENT}{each}" for each in others if each)])
