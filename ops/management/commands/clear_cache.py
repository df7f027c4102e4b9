"""``manage.py clear_cache [--namespace NAME …]``: on the machine what ``POST /admin/clear-cache`` does."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.cache.clearing import Namespace, clear
from ops.errors import ServiceUnavailableError


class Command(BaseCommand):
    help = "Clear what is cached in Redis; sessions, limits and queues stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--namespace",
            dest="namespaces",
            action="append",
            choices=[str(each) for each in Namespace],
            help="only this one; may be given several times; without it all of them",
        )

    def handle(self, *_args: Any, namespaces: list[str] | None, **_options: Any) -> None:
        """Clear, and say how much that was."""
        chosen = [each for each in Namespace if each in (namespaces or Namespace)]
        try:
            cleared = clear(chosen, actor=Actor.shell(), now=clock.now())
        except ServiceUnavailableError as error:
            raise CommandError(f"{error.message} `manage.py doctor --section 3` says why.") from None
        keys = "1 key" if cleared == 1 else f"{cleared} keys"
        self.stdout.write(f"Cleared {keys} in {', '.join(chosen)}.")
