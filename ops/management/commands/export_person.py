"""``manage.py export_person USER [--out FILE]``: everything that is kept about a person, for themselves.

One JSON file that only its owner may read, without secrets and without what is other people's. That it was
handed out stands in the audit log. Source: GDPR, article 15; runbook inventory, C22.
"""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops import clock
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.personal import exporting, registry

MODE = 0o600


class Command(BaseCommand):
    help = "Write everything that is kept about a person into a file, without secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who, and where to."""
        parser.add_argument("user", help="id, username or e-mail address")
        parser.add_argument("--out", type=Path, help="a file that is not there yet; else person-<id>.json")

    def handle(self, *_args: Any, user: str, out: Path | None, **_options: Any) -> None:
        """Write it."""
        now = clock.now()
        try:
            person = registry.person(user)
        except NotFoundError:
            raise CommandError(f"Nobody is known by {user}.") from None
        path = out or Path(f"person-{person.id}.json")
        try:
            # Never through a link that somebody laid there, and never over what there is.
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}") from error
        found = exporting.export(person, now=now)
        with os.fdopen(file, "w") as opened:
            json.dump(found, opened, indent=2, default=str, ensure_ascii=False)
        exporting.record(person, found["counts"], actor=Actor.shell(), now=now)
        self.stdout.write(f"{path}: {sum(found['counts'].values()):,} documents about {person.username}")
