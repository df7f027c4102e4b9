"""``manage.py rotate_key NAME --reason WHY``: a new key in the environment file; the old one behind it.

A dry run, unless --apply is given. No key is ever printed.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import audit, clock
from ops.actors import Actor
from ops.errors import DatabaseUnavailableError
from ops.mongo import faults
from ops.mongo.unit_of_work import unit_of_work
from ops.setup import rotating
from ops.setup.rotating import ROTATIONS, CannotRotateError, Plan

FILE = Path("/etc/sbd/sbd.env")
AWAY = 2


class Command(BaseCommand):
    help = "Put a new key into the environment file, before the old one, and say what to restart."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which key, where, and whether it is meant."""
        parser.add_argument("name", choices=list(ROTATIONS))
        parser.add_argument("--file", type=Path, default=FILE, help=f"the environment file; default: {FILE}")
        parser.add_argument("--without-overlap", action="store_true", help="drop the old key: it was stolen")
        parser.add_argument("--apply", action="store_true", help="do it; without: a dry run")
        parser.add_argument("--reason", default="", help="why; needed with --apply, for the audit log")

    def handle(self, *_args: Any, name: str, apply: bool, reason: str, **options: Any) -> None:
        """Plan or do it, and say what follows."""
        if apply and not reason.strip():
            raise CommandError("Say why: --reason TEXT")
        try:
            plan = rotating.planned(name, options["file"], overlap=not options["without_overlap"])
            self.stdout.write(f"{name} in {plan.path}: a new key, {_said(plan)}. Then {plan.follows}.")
            if not apply:
                self.stdout.write("Nothing was changed; --apply does it.")
                return
            now = clock.now()
            _record(name, plan, reason.strip(), now=now)
            copy = rotating.carry_out(plan, now=now)
        except CannotRotateError as error:
            raise CommandError(str(error)) from None
        except Exception as error:
            if isinstance(error, DatabaseUnavailableError) or faults.is_unavailable(error):
                message = "MongoDB cannot be reached, so nobody could be told; nothing was changed."
                raise CommandError(message, returncode=AWAY) from error
            raise
        self.stdout.write(f"It is written. The file as it was, for its owner only: {copy}; delete it soon.")
        self.stdout.write(f"Now, in this order: systemctl restart {plan.restart}")


def _said(plan: Plan) -> str:
    """Say what becomes of the old keys, by their fingerprints."""
    stay = len(plan.after) > 1
    return f"{', '.join(plan.before)} {'behind it' if stay else 'dropped'}"


@unit_of_work()
def _record(name: str, plan: Plan, reason: str, *, now: datetime) -> None:
    """Note it before it is done: nothing is changed that the audit log does not tell of."""
    audit.record(
        Actor.shell(),
        "key.rotated",
        target=name,
        now=now,
        before={"keys": list(plan.before)},
        after={"keys": list(plan.after)},
        reason=reason,
    )
