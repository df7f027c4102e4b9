"""``manage.py embedded start|stop|status``: the demo's own MongoDB and Redis."""

import sys
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ops.embedded import command


class Command(BaseCommand):
    help = "Start, stop or show the demo's own MongoDB and Redis."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Hand over what was typed; the command also works without Django, when settings are broken."""
        if settings.PRODUCTION:
            raise CommandError("The embedded servers are for the demo and tests, not for production.")
        sys.exit(
            command.main(
                argv[2:],
                var=settings.VAR_DIR,
                mongodb=not settings.MONGODB_URI_GIVEN,
                redis=not settings.REDIS_URL_GIVEN,
            )
        )
