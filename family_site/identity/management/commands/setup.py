"""``manage.py setup``: from an environment file to a system that can be started."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity import sign_in_queries
from ops.setup import keys


class Command(BaseCommand):
    help = (
        "Make a new installation ready, and say what is left: keys, database, first member of staff, test "
        "mail, directory of the backups. What is done already stays as it is."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--staff",
            nargs=2,
            metavar=("NAME", "EMAIL"),
            help="the first member of staff; asks for a password",
        )
        parser.add_argument("--mail", metavar="ADDRESS", help="send a test mail there")

    def handle(self, *_args: Any, staff: list[str] | None, mail: str | None, **_options: Any) -> None:
        """Take each step; the first that cannot be taken ends it."""
        self._say("keys", f"{', '.join(keys.NAMES)} are there")
        call_command("migrate", verbosity=0, interactive=False)
        self._say("database", f"{settings.MONGODB_NAME} is migrated, its indexes are there")
        self._prepare_backups()
        self._make_staff(staff)
        self._send_mail(mail)

    def _prepare_backups(self) -> None:
        directory = settings.BACKUP_DIR
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(
                f"{directory} cannot be made ({error.strerror}); make it, and type this again."
            ) from None
        if not os.access(directory, os.W_OK | os.X_OK):
            raise CommandError(
                f"{directory} cannot be written by this user; give it to them, and type this again."
            )
        encrypted = "older ones encrypted" if settings.BACKUP_KEY else "not encrypted: BACKUP_KEY is empty"
        self._say("backups", f"go to {directory}, {encrypted}")

    def _make_staff(self, staff: list[str] | None) -> None:
        there = len(sign_in_queries.active_staff())
        if there:
            self._say("staff", "1 member" if there == 1 else f"{there} members")
        elif staff:
            call_command("create_staff", *staff, stdout=self.stdout, stderr=self.stderr)
            self._say("staff", staff[0])
        else:
            self._say("staff", "nobody yet: manage.py setup --staff NAME EMAIL")

    def _send_mail(self, address: str | None) -> None:
        if settings.MAIL_SERVER is None:
            self._say("mail", "no server is set: MAIL_URL; mails wait until there is one")
        elif address:
            call_command("sendtestemail", address, stdout=self.stdout, stderr=self.stderr)
            self._say("mail", f"sent to {address}")
        else:
            self._say("mail", "not tried: manage.py setup --mail ADDRESS")

    def _say(self, step: str, what: str) -> None:
        self.stdout.write(f"{step:9} {what}")
