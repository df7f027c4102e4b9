"""``manage.py security_events [--since 1h] [--type TYPE]``: what looks like an attack; changes nothing."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops import clock
from ops.guarding import SecurityEventType
from ops.paging import Part
from ops.security import listing
from ops.spans import duration

SHOWN = 100


class Command(BaseCommand):
    help = "Show what looks like an attack: guessed passwords, copied tokens, calls that were kept out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=duration, default=timedelta(days=1), help="how far back: 30m, 1h, 7d (1d)"
        )
        parser.add_argument("--type", choices=[str(each) for each in SecurityEventType])

    def handle(self, *_args: Any, since: timedelta, **options: Any) -> None:
        """Print them, those first that went on last."""
        page = listing.page(Part(SHOWN), kind=options["type"], since=clock.now() - since)
        for event in page.rows:
            facts = " ".join(f"{name}={value}" for name, value in event["facts"].items())
            state = "open" if event["resolved_at"] is None else "resolved"
            what = f"{event['type']:16}{event['count']:>7} x  {event['subject']}"
            self.stdout.write(f"{event['last_at']:%Y-%m-%d %H:%M:%S} UTC  {what}  {facts}  {state}")
        if page.older:
            self.stdout.write(f"There are more than {SHOWN}.")
        if not page.rows:
            self.stdout.write("None.")
