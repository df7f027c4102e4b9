"""``manage.py deployments``: what was started when, newest first."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops.deployments import board, recording

ROW = "{:20} {:8} {:16} {:10} {:12} {}"


class Command(BaseCommand):
    help = "Show which version was started when, where and by whom; the newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--most", type=int, default=20, help="so many records (20)")

    def handle(self, *_args: Any, most: int, **_options: Any) -> None:
        """Show them."""
        self.stdout.write(ROW.format("STARTED (UTC)", "UNIT", "HOST", "VERSION", "COMMIT", "BY"))
        for each in recording.latest(max(1, min(most, recording.KEPT))):
            at, commit = f"{each['at']:%Y-%m-%d %H:%M:%S}", board.short(each["commit"])
            self.stdout.write(ROW.format(at, each["role"], each["host"], each["version"], commit, each["by"]))
