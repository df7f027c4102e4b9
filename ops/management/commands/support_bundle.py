"""``manage.py support_bundle [--section N] [--out FILE] [--since 30m]``: what an escalation must carry."""

from typing import NoReturn

from django.core.management.base import BaseCommand

from ops.bundle import command
from ops.doctor.command import leave


class Command(BaseCommand):
    help = "Put what an escalation must carry into one archive, masked."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Hand over what was typed; the command also works without Django, when settings are broken."""
        leave(command.main(argv[2:]))

    def print_help(self, prog_name: str, subcommand: str) -> None:  # noqa: ARG002  # `manage.py help support_bundle`
        """Show the options that there are."""
        command.main(["--help"])
