#!/usr/bin/env python3
"""The operator's command line."""

import os
import sys


def main() -> int:
    """Run a command; broken settings are said in one line each, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "family_site.settings")
    if sys.version_info < (3, 11):  # noqa: UP036  # said before anything newer is imported
        sys.stderr.write("Python 3.11 or newer is needed\n")
        return 1
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError:
        sys.stderr.write("Django is not installed here: run `make .venv`, then .venv/bin/python manage.py\n")
        return 1
    from family_site.settings.environment import SettingsError  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
