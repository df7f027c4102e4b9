"""Commands that only say what they would do, unless they are told to do it."""

from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops.actors import Actor


class DryRunCommand(BaseCommand):
    """A command with ``--apply``; without it nothing is changed."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the word to do it."""
        parser.add_argument("--apply", action="store_true", help="do it; without this only count")

    def handle(self, *_args: Any, apply: bool, **_options: Any) -> None:
        """Say what would be done, or do it and say what was."""
        if apply:
            self.stdout.write(self.apply(Actor.shell()))
        else:
            self.stdout.write(f"{self.preview()}\nNothing was changed; --apply does it.")

    @abstractmethod
    def preview(self) -> str:
        """Return what would be done, in a line."""

    @abstractmethod
    def apply(self, actor: Actor) -> str:
        """Do it; returns what was done, in a line."""
