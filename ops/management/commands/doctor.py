"""``manage.py doctor [--json] [--section N]``: what is wrong, why, and what to do next."""

from typing import NoReturn

from django.core.management.base import BaseCommand

from ops.doctor import command


class Command(BaseCommand):
    help = "Find out what is wrong, why, and what to do next."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Hand over what was typed; the command also works without Django, when settings are broken."""
        command.leave(command.main(argv[2:]))

    def print_help(self, prog_name: str, subcommand: str) -> None:  # noqa: ARG002  # `manage.py help doctor`
        """Show the options that there are."""
        command.main(["--help"])
