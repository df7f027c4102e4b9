"""``manage.py force_password NAME|--all --reason WHY``: passwords of now open nothing; links are mailed.

A dry run, unless --apply is given: as `manage.py doctor --fix force_new_passwords`, with names as people type
them.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from family_site.identity.management.people import add_reason
from ops import clock
from ops.actors import Actor
from ops.doctor.fixes import registry
from ops.errors import DomainError

FIX = "force_new_passwords"


class Command(BaseCommand):
    help = "End the password of a user, or of everybody, and mail them links for new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose, why, and whether it is meant."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("user", nargs="?", help="username or e-mail address")
        who.add_argument("--all", action="store_true", help="everybody")
        parser.add_argument("--before", metavar="TIME", help="only passwords set before this time")
        parser.add_argument("--undo", action="store_true", help="let be who has not chosen a new one yet")
        parser.add_argument("--apply", action="store_true", help="do it; without: a dry run")
        add_reason(parser)

    def handle(self, *_args: Any, apply: bool, reason: str, **options: Any) -> None:
        """Plan or do it, and say so."""
        given = {name: options[name] for name in ("user", "before") if options[name]}
        given |= {"undo": "yes"} if options["undo"] else {}
        fix, now = registry.find(FIX), clock.now()
        if fix is None:
            raise CommandError(f"There is no fix {FIX}.")
        try:
            lines = fix.apply(given, Actor.shell(), reason, now) if apply else fix.plan(given, now)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write("\n".join(lines) or "There is nothing to do.")
        if lines and not apply:
            self.stdout.write("Nothing was changed; --apply does it.")
