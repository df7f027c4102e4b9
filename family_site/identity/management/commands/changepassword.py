"""``manage.py changepassword NAME``: Django's command, by the action that ends the user's sessions."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity.actions import passwords
from family_site.identity.management.people import add_user, faults_of, typed_twice, user_called
from ops import clock
from ops.actors import Actor
from ops.errors import DomainError


class Command(BaseCommand):
    help = "Give a user another password; all their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        add_user(parser)

    def handle(self, *_args: Any, user: str, **_options: Any) -> None:
        """Ask for the password twice, and set it."""
        found = user_called(user)
        prompt = f"New password of {found['username']}: "
        password = typed_twice(prompt, otherwise="nothing was changed")
        try:
            passwords.set_password(found["_id"], password, actor=Actor.shell(), now=clock.now())
        except DomainError as error:
            raise CommandError(faults_of(error)) from None
        self.stdout.write(f"The password of {found['username']} was changed; all their sessions ended.")
