"""``manage.py dbshell``: mongosh on the MongoDB that the settings name."""

import os
import shutil
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

# The address may hold a password, and a command line shows it to all: so mongosh finds it for itself.
CONNECT = "db = connect(process.env.SBD_SHELL_URI).getSiblingDB(process.env.SBD_SHELL_DATABASE)"
# With one of these mongosh ends after its work; else it talks with the person.
WORK = ("--eval", "--file", "-f")


class Command(BaseCommand):
    help = "Run mongosh on the MongoDB that the settings name; what follows `--` goes to it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs="*", help="for example: --eval 'rs.status()'")

    def handle(self, *_args: Any, words: list[str], **_options: Any) -> NoReturn:
        """Become mongosh."""
        program = shutil.which("mongosh")
        if program is None:
            raise CommandError(
                "mongosh is not on PATH: install it, for example with `npm install -g mongosh`."
            )
        stay = [] if any(word.startswith(WORK) for word in words) else ["--shell"]
        where = {"SBD_SHELL_URI": settings.MONGODB_URI, "SBD_SHELL_DATABASE": settings.MONGODB_NAME}
        arguments = [program, "--nodb", "--eval", CONNECT, *stay, *words]
        os.execve(program, arguments, {**os.environ, **where})
