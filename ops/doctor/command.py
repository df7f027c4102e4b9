"""``manage.py doctor``: exit status 0: all is well, 1: degraded, 2: something failed."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ops import logs
from ops.doctor import registry, report, runner, whereabouts
from ops.doctor.check import worst

# None of the three that stand for a result: EX_USAGE of sysexits.h.
USAGE = 64


def main(arguments: Sequence[str], *, settings_error: Exception | None = None) -> int:
    """Run the checks and print what they found; returns the exit status.

    Args:
        arguments: what was typed after ``doctor``.
        settings_error: why Django could not be set up; its ``faults`` are told, one by one. ``None``: it is.
    """
    options = _parser().parse_args(arguments)
    logs.be_silent()  # what a check would log of a server that is away, it finds
    where = whereabouts.from_environment(settings_error) if settings_error else whereabouts.from_settings()
    found = runner.run(registry.checks(options.section), where)
    said = report.document(found) if options.json else report.text(found, report.Pen(sys.stdout))
    sys.stdout.write(said)
    sys.stdout.flush()
    return worst(found).severity


def leave(status: int) -> NoReturn:
    """End this process at once.

    Python's own end would wait for the driver's threads, up to a second each, and they may be waiting for a
    server that hangs.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what was mistyped, with a status that cannot be taken for a finding."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="manage.py doctor",
        description="Finds out what is wrong, within 5 seconds, also when MongoDB, Redis, the web process or "
        "the settings are broken: the cause first, the evidence, the next command.",
        epilog="Exit status: 0 all is well, 1 degraded or not everything could be looked at, 2 failed.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--section",
        type=int,
        choices=registry.sections(),
        help="run only the checks of this section of the runbook",
    )
    return parser
