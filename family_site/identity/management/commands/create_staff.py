"""``manage.py create_staff NAME EMAIL [--role ROLE]``: a member of staff, with a second factor."""

import io
from typing import Any

import segno
from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity.actions import registration, roles, second_factor
from family_site.identity.actions.second_factor import SetUp
from family_site.identity.errors import InvalidCredentialsError
from family_site.identity.management.people import faults_of, typed_twice
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor, ActorKind
from ops.errors import DomainError
from ops.mongo.collections import Document

TRIES = 3


class Command(BaseCommand):
    help = "Make a member of staff: asks for a password, and shows the QR code of their second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument(
            "--role", choices=[str(each) for each in Role], default=str(Role.SUPERUSER), help="what they may"
        )
        parser.add_argument(
            "--no-second-factor", action="store_true", help="they set it up in the browser, at first sign-in"
        )

    def handle(self, *_args: Any, username: str, email: str, role: str, **options: Any) -> None:
        """Ask for the password, register, set up the second factor."""
        password = typed_twice("Password: ", otherwise="nobody was made")
        try:
            user = _registered(username, email, password, Role(role))
        except DomainError as error:
            raise CommandError(faults_of(error)) from None
        self.stdout.write(f"{user['username']} is {role}.")
        if options["no_second_factor"]:
            self.stdout.write("They set up a second factor at the first sign-in to the console.")
        else:
            self._set_up(user, password)

    def _set_up(self, user: Document, password: str) -> None:
        actor = Actor(ActorKind.STAFF, user["_id"], user["username"])
        made = second_factor.set_up(password, actor=actor, now=clock.now())
        self._show(made)
        for _ in range(TRIES):
            try:
                codes = second_factor.turn_on(input("Code: "), actor=actor, now=clock.now())
            except InvalidCredentialsError:
                self.stdout.write("That is not its code; look at the clocks of both.")
            else:
                self.stdout.write("The second factor is on. Backup codes, told only now; keep them:")
                self.stdout.write("\n".join(f"  {code}" for code in codes))
                return
        message = "No second factor was set up; they do it in the browser, at the first sign-in."
        raise CommandError(message)

    def _show(self, made: SetUp) -> None:
        """Draw the QR code, two of its rows to a line."""
        self.stdout.write("Scan this with an authenticator (TOTP), or type the key:")
        drawing = io.StringIO()
        segno.make(made.uri, error="m").terminal(out=drawing, compact=True, border=2)
        self.stdout.write(drawing.getvalue())
        self.stdout.write(f"  {made.secret}")


def _registered(username: str, email: str, password: str, role: Role) -> Document:
    actor, now = Actor.shell(), clock.now()
    is_super = role == Role.SUPERUSER
    user = registration.register(
        username, email, password, actor=actor, now=now, is_staff=is_super, is_superuser=is_super
    )
    if not is_super:
        roles.grant(user["_id"], role, actor=actor, now=now, reason="made as a member of staff")
    return user
