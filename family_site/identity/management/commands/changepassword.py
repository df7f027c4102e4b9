"""``manage.py changepassword NAME``: Django's command, by the action that ends the user's sessions."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity import queries
from family_site.identity.actions import passwords
from ops import clock
from ops.actors import Actor
from ops.errors import DomainError


class Command(BaseCommand):
    help = "Give a user another password; all their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="username or e-mail address")

    def handle(self, *_args: Any, user: str, **_options: Any) -> None:
        """Ask for the password twice, and set it."""
        found = queries.user_by_identifier(user)
        if found is None:
            raise CommandError(f"There is no user {user}.")
        password = getpass.getpass(f"New password of {found['username']}: ")
        if password != getpass.getpass("The same again: "):
            raise CommandError("The two differ; nothing was changed.")
        try:
            passwords.set_password(found["_id"], password, actor=Actor.shell(), now=clock.now())
        except DomainError as error:
            raise CommandError(faults_of(error)) from None
        self.stdout.write(f"The password of {found['username']} was changed; all their sessions ended.")


def faults_of(error: DomainError) -> str:
    """Return a refusal as one line, with the faults of each field."""
    details = error.details if isinstance(error.details, list) else []
    return " ".join([error.message, *(f"{each['field']}: {each['message']}" for each in details)])
