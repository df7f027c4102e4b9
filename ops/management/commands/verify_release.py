"""``manage.py verify_release [--release DIR] [--manifest FILE]``: is this the code that was released?

Each file is compared with the sum that ``ops/deploy/make-release`` wrote. Who could change a file could
change the sums, too: so compare the printed sum of the manifest with the one that was noted then, or give the
manifest of the same commit, made on another machine. Exit status 0: all is as it was made, 1: something is
not, 2: there are no sums. Source: runbook inventory, C31.
"""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops.deployments.verifying import NoManifestError, verify

WRONG, NO_SUMS = 1, 2


class Command(BaseCommand):
    help = "Compare the files of the release with the sums that were written when it was made."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which release."""
        parser.add_argument("--release", type=Path, default=settings.ROOT_DIR, help="else the one that runs")
        parser.add_argument("--manifest", type=Path, help="other sums, for example from a clean machine")

    def handle(self, *_args: Any, release: Path, manifest: Path | None, **_options: Any) -> None:
        """Compare, and say what is not right."""
        try:
            found = verify(release.resolve(), manifest)
        except NoManifestError as error:
            hint = "ops/deploy/make-release writes them; a checkout is compared by `git status`."
            raise CommandError(f"{error} {hint}", returncode=NO_SUMS) from error
        for what in ("changed", "missing", "added"):
            for name in getattr(found, what):
                self.stdout.write(f"{what}: {name}")
        self.stdout.write(f"{found.number:,} files in the manifest, its SHA-256: {found.sha256}")
        if not found.is_whole:
            sys.exit(WRONG)
        self.stdout.write("All are as they were made.")
