"""``manage.py migrate``: Django's own, which also makes the declared indexes that somebody dropped."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from pymongo.errors import OperationFailure

from ops.mongo import indexes

# With these, Django's own changes less than all, or nothing.
PARTIAL = ("app_label", "check_unapplied", "fake", "plan", "prune")


class Command(DjangoMigrate):
    def get_check_kwargs(self, options: dict[str, Any]) -> dict[Any, Any]:
        """Leave the database's checks out: what they would miss is what this command makes."""
        return super().get_check_kwargs(options) | {"databases": None}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then make the missing indexes."""
        super().handle(*args, **options)
        if any(options[name] for name in PARTIAL):
            return
        try:
            made = indexes.create_missing(options["database"])
        except OperationFailure as error:
            raise CommandError(f"A declared index cannot be made: {error}") from error
        if options["verbosity"]:
            for name in made:
                self.stdout.write(f"Index made anew: {name}")
