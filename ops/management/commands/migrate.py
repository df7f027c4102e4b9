"""``manage.py migrate``: Django's own, which also makes the declared indexes that somebody dropped."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate

from ops.mongo import indexes


class Command(DjangoMigrate):
    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str, Any]:
        """Leave the database's checks out: what they would miss is what this command makes."""
        return super().get_check_kwargs(options) | {"databases": None}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then make the missing indexes."""
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"] or options["app_label"]:
            return
        for name in indexes.create_missing():
            self.stdout.write(f"Index made anew: {name}")
