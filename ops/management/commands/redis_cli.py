"""``manage.py redis_cli``: a shell on the Redis that the settings name."""

import os
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.embedded import EmbeddedError, binaries


class Command(BaseCommand):
    help = "Run redis-cli on the Redis that the settings name; what follows `--` goes to it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs="*", help="a command, for example: PING")

    def handle(self, *_args: Any, words: list[str], **_options: Any) -> NoReturn:
        """Become redis-cli. The address goes by the environment: a command line shows passwords to all."""
        try:
            program = binaries.find("redis-cli")
        except EmbeddedError as error:
            raise CommandError(str(error)) from None
        os.execv(program, [str(program), "-u", settings.REDIS_URL, *words])
