"""``manage.py embedded start|stop|status``: the demo's own MongoDB and Redis."""

import sys
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from ops.embedded import command
from ops.embedded.place import Place


class Command(BaseCommand):
    help = "Start, stop or show the demo's own MongoDB and Redis."

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Hand over what was typed; the command also works without Django, when settings are broken."""
        place = Place(
            settings.VAR_DIR,
            mongodb=not settings.MONGODB_URI_GIVEN,
            redis=not settings.REDIS_URL_GIVEN,
            production=settings.PRODUCTION,
        )
        sys.exit(command.run(argv[2:], place))
