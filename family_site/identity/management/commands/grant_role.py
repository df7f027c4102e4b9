"""``manage.py grant_role NAME ROLE --reason WHY``: give a user a role of staff."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from family_site.identity.actions import roles
from family_site.identity.management.people import add_reason, add_role, add_user, user_called
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor


class Command(BaseCommand):
    help = "Give a user a role of staff; in force from their next request on."

    def add_arguments(self, parser: CommandParser) -> None:
        add_user(parser)
        add_role(parser)
        add_reason(parser)

    def handle(self, *_args: Any, user: str, role: str, reason: str, **_options: Any) -> None:
        """Grant it."""
        found = user_called(user)
        changed = roles.grant(found["_id"], Role(role), actor=Actor.shell(), now=clock.now(), reason=reason)
        told = "has" if changed else "already had"
        self.stdout.write(f"{found['username']} {told} the role {role}.")
