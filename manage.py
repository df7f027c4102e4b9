#!/usr/bin/env python3
"""The operator's command line."""

import os
import sys
from importlib import import_module

# Commands that must work while the settings are broken; ``main`` of the module takes what was typed
# after the command, and the fault.
WITHOUT_SETTINGS = {
    "embedded": "ops.embedded.command",
    "doctor": "ops.doctor.command",
    "setup": "ops.setup.command",
    "support_bundle": "ops.bundle.command",
    "runbook": "ops.runbook.command",
}
DATABASE_AWAY = (
    "The database cannot be reached: `manage.py doctor` says why; "
    "in the demo `manage.py embedded start` starts it.\n"
)
# What a shell gives for Ctrl-C, and for a program whose reader has gone.
INTERRUPTED, READER_GONE = 130, 141


def run() -> int:
    """Run a command; that its reader has gone, as of `manage.py runbook 3 | head`, is no fault."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return status


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
    if sys.argv[1:2] == ["metrics"]:  # it lives until it is stopped, and nobody waits for its end
        from ops import process  # noqa: PLC0415  # after the look at the version

        process.be(process.METRICS)
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if is_settings_error(error):
            return run_without_settings(sys.argv[1:], error)
        if not is_database_away(error):
            raise
        sys.stderr.write(DATABASE_AWAY)
        return 1
    return 0


def is_settings_error(error: Exception) -> bool:
    """Tell whether the settings refused to load; their class cannot be imported then, only found."""
    environment = sys.modules.get("family_site.settings.environment")
    return isinstance(error, getattr(environment, "SettingsError", ()))


def is_database_away(error: Exception) -> bool:
    """Tell whether a command ended since the database cannot be reached."""
    from ops.mongo import faults  # noqa: PLC0415  # what can only be needed now

    return faults.is_unavailable(error)


def run_without_settings(words: list[str], error: Exception) -> int:
    """Run the command if it can do without settings, else say what is wrong with them."""
    if words and words[0] in WITHOUT_SETTINGS:
        status: int = import_module(WITHOUT_SETTINGS[words[0]]).main(words[1:], settings_error=error)
        return status
    sys.stderr.write(f"{error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(run())
