"""``manage.py confirm_email USER --reason WHY``: take a user's address for confirmed, without a mail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from family_site.identity.actions import confirming
from family_site.identity.management.people import add_reason, add_user, user_called
from ops import clock
from ops.actors import Actor


class Command(BaseCommand):
    help = "Take a user's e-mail address for confirmed, for example where no mail server is set."

    def add_arguments(self, parser: CommandParser) -> None:
        add_user(parser)
        add_reason(parser)

    def handle(self, *_args: Any, user: str, reason: str, **_options: Any) -> None:
        """Confirm it."""
        found = user_called(user)
        is_new = confirming.confirm_by_staff(
            found["_id"], actor=Actor.shell(), now=clock.now(), reason=reason
        )
        how = "is confirmed" if is_new else "was confirmed already"
        self.stdout.write(f"The address of {found['username']} {how}.")
