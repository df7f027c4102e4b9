"""``manage.py runbook N [--step K] [--run] [--json]``: walks along a section of the runbook."""

import sys
from typing import NoReturn

from django.core.management.base import BaseCommand

from ops.runbook import command


class Command(BaseCommand):
    help = "Walk along a section of the runbook on this machine."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Hand over what was typed; the command also works without Django, when settings are broken."""
        sys.exit(command.main(argv[2:]))

    def print_help(self, prog_name: str, subcommand: str) -> None:  # noqa: ARG002  # `manage.py help runbook`
        """Show the options that there are."""
        command.main(["--help"])
