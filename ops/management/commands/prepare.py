"""``manage.py prepare``: what must be done before the demo can be served."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, then run the commands of RUN_PREPARE: part of `manage.py run`."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run them in one process."""
        call_command("migrate", verbosity=0, interactive=False)
        for name, *words in settings.RUN_PREPARE:
            call_command(name, *words, stdout=self.stdout, stderr=self.stderr)
