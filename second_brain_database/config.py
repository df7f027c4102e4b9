"""Settings (runbook R008, R071)."""

import sys

from django.conf import LazySettings, settings


def get_settings() -> LazySettings:
    """Return the settings, by their own names; wrong ones end the process with a line for each."""
    try:
        settings.SECRET_KEY  # noqa: B018  # reads the environment; sets no app up, so it is quick
    except Exception as error:
        environment = sys.modules.get("family_site.settings.environment")
        if isinstance(error, getattr(environment, "SettingsError", ())):
            raise SystemExit(str(error)) from None
        raise
    return settings
