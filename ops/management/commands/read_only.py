"""``manage.py read_only on|off|status``: users change nothing, and read on; or all goes on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.errors import DatabaseUnavailableError
from ops.mongo import faults
from ops.read_only import switching

AWAY = 2


class Command(BaseCommand):
    help = "Close all changes by users, on every machine, or open them again; reading and sign-in go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("on", "off", "status"))
        parser.add_argument("--reason", default="", help="why; needed with `on` and `off`, for the audit log")

    def handle(self, *_args: Any, what: str, reason: str, **_options: Any) -> None:
        """Do it, and say what was done."""
        if what != "status" and not reason.strip():
            raise CommandError("Say why: --reason TEXT")
        try:
            told = _told() if what == "status" else _switched(what, reason.strip())
        except Exception as error:
            if isinstance(error, DatabaseUnavailableError) or faults.is_unavailable(error):
                raise CommandError(
                    "MongoDB cannot be reached; nothing was changed.", returncode=AWAY
                ) from error
            raise
        self.stdout.write(told)


def _switched(what: str, reason: str) -> str:
    if what == "on":
        closed = switching.switch_on(reason=reason, actor=Actor.shell(), now=clock.now())
        return "Changes are closed, everywhere within a second." if closed else "They were closed already."
    opened = switching.switch_off(reason=reason, actor=Actor.shell(), now=clock.now())
    return "Changes are open again, everywhere within a second." if opened else "They were not closed."


def _told() -> str:
    standing = switching.standing()
    if standing is None:
        return "Changes are open."
    return f"Changes are closed since {standing['since']:%Y-%m-%d %H:%M:%S} UTC, by {standing['by']}."
