"""``manage.py maintenance on|off|status``: all that writes stands still, or goes on."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.backup import records
from ops.errors import DatabaseUnavailableError
from ops.jobs import standstill
from ops.maintenance import mode, switching
from ops.mongo import faults

CONFIRM_SECONDS = 60.0
AWAY = "MongoDB cannot be reached"
UNFINISHED = (
    "A restore has not come to its end, so what is there is neither old nor new: type the restore again. "
    "--force ends maintenance nevertheless."
)


class Command(BaseCommand):
    help = (
        "Let web, worker and beat stand still on every machine, or go on. Calls are answered 503 meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("on", "off", "status"))
        parser.add_argument(
            "--force", action="store_true", help="with `off`: also while a restore has not come to its end"
        )
        parser.add_argument("--reason", default="", help="why; needed with `on`, it stands in the audit log")
        parser.add_argument(
            "--wait",
            type=float,
            default=CONFIRM_SECONDS,
            metavar="SECONDS",
            help=f"wait so long for all processes to confirm that they stand still ({CONFIRM_SECONDS:g})",
        )

    def handle(self, *_args: Any, what: str, reason: str, wait: float, force: bool, **_options: Any) -> None:
        """Do it."""
        if what == "on":
            if not reason.strip():
                raise CommandError("Say why: --reason TEXT")
            self._switch_on(reason.strip(), wait)
        elif what == "off":
            self._switch_off(force=force)
        else:
            self._tell()

    def _switch_on(self, reason: str, wait: float) -> None:
        switching.mark()
        try:
            told = switching.switch_on(reason=reason, actor=Actor.shell(), now=clock.now())
            left = standstill.await_all(wait)
        except Exception as error:
            if not _is_away(error):
                raise
            self.stdout.write(f"On for this machine only: {AWAY}, so nobody else could be told.")
            return
        self.stdout.write(f"Maintenance is on since {told['since']:%Y-%m-%d %H:%M:%S} UTC.")
        if left:
            raise CommandError(f"Not yet confirmed after {wait:g} s: {', '.join(left)}.")
        self.stdout.write("Every process that lives has confirmed: nothing writes.")

    def _switch_off(self, *, force: bool) -> None:
        try:
            self._refuse_in_the_middle(force=force)
            was_on = switching.switch_off(actor=Actor.shell(), now=clock.now())
        except Exception as error:
            if not _is_away(error):
                raise
            raise CommandError(f"{AWAY}; it stays on. `manage.py doctor --section 2` says why.") from None
        was_marked = settings.MAINTENANCE_FILE.exists()
        switching.unmark()
        self.stdout.write("Maintenance is over." if was_on or was_marked else "It was not on.")

    def _refuse_in_the_middle(self, *, force: bool) -> None:
        if records.unfinished() is not None and not force:
            raise CommandError(UNFINISHED)

    def _tell(self) -> None:
        standing = mode.standing()
        if standing is None:
            self.stdout.write("Maintenance is off.")
            return
        since = "on this machine only, by its file" if standing == mode.BY_FILE else f"since {standing}"
        self.stdout.write(f"Maintenance is on, {since}.")
        for name in standstill.unconfirmed():
            self.stdout.write(f"not confirmed: {name}")


def _is_away(error: Exception) -> bool:
    return isinstance(error, DatabaseUnavailableError) or faults.is_unavailable(error)
