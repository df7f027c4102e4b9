"""``manage.py doctor``: exit status 0: all is well, 1: degraded, 2: something failed.

With ``--fix NAME``: 0: mended, or nothing to mend, 1: a dry run that would mend something, or a refusal.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ops import logs
from ops.arguments import USAGE, Parser
from ops.doctor import registry, report, runner, watching, whereabouts
from ops.doctor.changes import lately
from ops.doctor.check import Examination, worst
from ops.doctor.fixes import registry as fixes
from ops.doctor.whereabouts import Whereabouts

LIST = ""  # ``--fix`` without a name


def main(arguments: Sequence[str], *, settings_error: Exception | None = None) -> int:
    """Do what was typed; returns the exit status.

    Args:
        arguments: what was typed after ``doctor``.
        settings_error: why Django could not be set up; its ``faults`` are told, one by one. ``None``: it is.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if fault := _misfit(options):
        parser.error(fault)
    logs.be_silent()  # what a check would log of a server that is away, it finds
    if options.fix is not None:
        return _mend(options, settings_error)
    where = whereabouts.from_environment(settings_error) if settings_error else whereabouts.from_settings()
    if options.watch:
        return watching.watch(lambda: _examine(options, where), sys.stdout)
    return _say(options, where)


def leave(status: int) -> NoReturn:
    """End this process at once.

    Python's own end would wait for the driver's threads, up to a second each, and they may be waiting for a
    server that hangs.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _examine(options: argparse.Namespace, where: Whereabouts) -> list[Examination]:
    return runner.run(registry.checks(options.section, deep=options.deep), where)


def _say(options: argparse.Namespace, where: Whereabouts) -> int:
    changed = runner.begin("lately", lambda: lately(where))
    found = _examine(options, where)
    said = (
        report.document(found, changed.result())
        if options.json
        else report.text(found, report.Pen(sys.stdout), changed.result())
    )
    sys.stdout.write(said)
    sys.stdout.flush()
    return worst(found).severity


def _mend(options: argparse.Namespace, settings_error: Exception | None) -> int:
    if settings_error:
        sys.stderr.write(f"{settings_error}\nNothing can be mended before the settings are.\n")
        return USAGE
    from ops.doctor import fixing  # noqa: PLC0415  # only when Django is set up

    if options.fix == LIST:
        sys.stdout.write(fixing.listed(as_json=options.json))
        return 0
    given = {each: value for each in _told() if (value := getattr(options, each)) is not None}
    said, status = fixing.run(
        options.fix, given, apply=options.apply, reason=options.reason, as_json=options.json
    )
    (sys.stderr if status == USAGE else sys.stdout).write(said)
    return status


def _misfit(options: argparse.Namespace) -> str | None:
    """Say which options make no sense together."""
    if options.watch and (options.json or options.deep):
        return "--watch shows the quick checks to people; leave out --json and --deep"
    if options.fix is None and (options.apply or options.reason is not None):
        return "--apply and --reason belong to --fix NAME"
    if options.fix is not None and (options.watch or options.deep or options.section is not None):
        return "--fix mends one thing and looks at nothing else"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
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
    parser.add_argument("--deep", action="store_true", help="also read all there is; takes minutes")
    parser.add_argument("--watch", action="store_true", help="look again and again, until Ctrl-C")
    parser.add_argument(
        "--fix", nargs="?", const=LIST, metavar="NAME", help="mend this; without a NAME: list what can be"
    )
    parser.add_argument("--apply", action="store_true", help="with --fix: do it; without: a dry run")
    parser.add_argument("--reason", metavar="TEXT", help="with --fix: why, for the audit log")
    for name, words in _told().items():
        parser.add_argument(f"--{name}", metavar=name.upper(), help=words)
    return parser


def _told() -> dict[str, str]:
    """Return what fixes must or may be told, by its name, with a help of which fix."""
    return {
        option.name: f"with --fix {fix.name}: {option.help}"
        for fix in fixes.fixes()
        for option in fix.options
    }
