"""``manage.py createsuperuser``: Django's command, by the action that also opens the account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from family_site.identity.actions import registration
from family_site.identity.management.people import faults_of, typed_twice
from ops import clock
from ops.actors import Actor
from ops.errors import DomainError


class Command(BaseCommand):
    help = "Make a member of staff who may see all of the console."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Ask for name, address and password, and register."""
        username, email = input("Username: "), input("E-mail address: ")
        password = typed_twice("Password: ", otherwise="nobody was made")
        try:
            user = registration.register(
                username,
                email,
                password,
                actor=Actor.shell(),
                now=clock.now(),
                is_staff=True,
                is_superuser=True,
            )
        except DomainError as error:
            raise CommandError(faults_of(error)) from None
        self.stdout.write(f"{user['username']} may sign in to the console.")
