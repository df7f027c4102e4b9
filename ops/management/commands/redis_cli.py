"""``manage.py redis_cli``: a shell on the Redis that the settings name."""

import os
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.embedded import EmbeddedError, binaries


class Command(BaseCommand):
    help = "Run redis-cli on the Redis that the settings name; what follows `--` goes to it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs="*", help="a command, for example: PING")

    def handle(self, *_args: Any, words: list[str], **_options: Any) -> NoReturn:
        """Become redis-cli. The password goes by the environment: a command line shows it to all."""
        try:
            program = binaries.find("redis-cli")
        except EmbeddedError as error:
            raise CommandError(str(error)) from None
        url = urlsplit(settings.REDIS_URL)
        options = ["-h", url.hostname or "localhost", "-p", str(url.port or 6379)]
        options += ["-n", url.path.strip("/") or "0"]
        options += ["--user", unquote(url.username)] if url.username else []
        options += ["--tls"] if url.scheme == "rediss" else []
        password = {"REDISCLI_AUTH": unquote(url.password)} if url.password else {}
        os.execve(program, [str(program), *options, *words], {**os.environ, **password})
