"""``manage.py reset_second_factor NAME --reason WHY``: take a lost second factor away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity.actions import second_factor
from family_site.identity.errors import TwoFactorStateError
from family_site.identity.management.people import add_reason, add_user, user_called
from ops import clock
from ops.actors import Actor


class Command(BaseCommand):
    help = "Take a user's second factor away, whose phone is lost; all their sessions and tokens end."

    def add_arguments(self, parser: CommandParser) -> None:
        add_user(parser)
        add_reason(parser)

    def handle(self, *_args: Any, user: str, reason: str, **_options: Any) -> None:
        """Take it away."""
        found = user_called(user)
        try:
            second_factor.take_away(found["_id"], actor=Actor.shell(), now=clock.now(), reason=reason)
        except TwoFactorStateError as error:
            raise CommandError(f"{found['username']}: {error.message}") from None
        told = "signs in by the password alone; all sessions and permanent tokens have ended"
        self.stdout.write(f"{found['username']} {told}.")
