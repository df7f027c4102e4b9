"""``manage.py disable_user NAME --reason WHY``: keep a user from signing in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from family_site.identity.actions import disabling
from family_site.identity.management.people import add_reason, add_user, user_called
from ops import clock
from ops.actors import Actor


class Command(BaseCommand):
    help = "Keep a user from signing in; all their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        add_user(parser)
        add_reason(parser)

    def handle(self, *_args: Any, user: str, reason: str, **_options: Any) -> None:
        """Disable them."""
        found = user_called(user)
        disabling.disable(found["_id"], actor=Actor.shell(), now=clock.now(), reason=reason)
        self.stdout.write(f"{found['username']} is disabled; all their sessions have ended.")
