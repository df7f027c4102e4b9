"""``manage.py runbook N [--step K] [--run] [--json]``: a section of the runbook, on this machine.

Works while the settings are broken, since that is when it is needed.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from ops import clock
from ops.arguments import Parser
from ops.doctor import whereabouts
from ops.runbook import pages, walking
from ops.runbook.pages import Page, PageError, Step
from ops.runbook.running import Transcript


def main(arguments: Sequence[str], *, settings_error: Exception | None = None) -> int:
    """Show a section, run what may be run, and return the exit status: 0, or 1: a page cannot be read.

    Args:
        arguments: what was typed after ``runbook``.
        settings_error: why Django could not be set up; ``None``: it is.
    """
    try:
        found = {page.number: page for page in pages.all_pages()}
    except PageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    parser = _parser(found)
    options = parser.parse_args(arguments)
    page = found[options.section]
    steps = _chosen(page, options.step)
    if not steps:
        parser.error(f"there is no step {options.step} in section {page.number}")
    where = whereabouts.from_environment(settings_error) if settings_error else whereabouts.from_settings()
    _walk(page, steps, where, options)
    return 0


def _walk(
    page: Page, steps: Sequence[Step], where: whereabouts.Whereabouts, options: argparse.Namespace
) -> None:
    may_ask = sys.stdin.isatty() and sys.stdout.isatty() and not (options.run or options.json)
    transcript = Transcript(where.var, page.number, clock.now()) if may_ask or options.run else None
    out = StringIO() if options.json else sys.stdout
    out.write(f"Section {page.number}: {page.title}\n\n")
    try:
        if may_ask and transcript:
            walked = walking.with_a_person(steps, where, out, transcript, input)
        else:
            walked = walking.by_itself(steps, where, out, transcript)
    finally:
        if transcript:
            transcript.close()
    if options.json:
        _print_document(page, walked, transcript.path if transcript else None)
    elif transcript:
        sys.stdout.write(f"The transcript is {transcript.path}\n")


def _print_document(page: Page, walked: Sequence[walking.Walked], transcript: Path | None) -> None:
    told = {
        "section": page.number,
        "title": page.title,
        "transcript": transcript and str(transcript),
        "steps": walking.document(walked),
    }
    sys.stdout.write(json.dumps(told, indent=2, default=str) + "\n")


def _chosen(page: Page, step: str | None) -> list[Step]:
    """Return the steps that were asked for: all, the one with this id, or the one at this place."""
    if step is None:
        return list(page.steps)
    if step.isdecimal():
        return list(page.steps[int(step) - 1 : int(step)]) if int(step) else []
    return [each for each in page.steps if step.upper() in each.ids]


def _parser(found: Mapping[int, Page]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="manage.py runbook",
        description="Walks along a section of the runbook on this machine: shows each line, what it would do "
        "here and what it can break; asks on a terminal; keeps a transcript of what was run.",
    )
    known = ", ".join(f"{number} {page.title}" for number, page in found.items())
    parser.add_argument("section", type=int, choices=list(found), metavar="N", help=known)
    parser.add_argument("--step", metavar="K", help="only this one: its id (R006), or its place")
    parser.add_argument("--run", action="store_true", help="ask nothing, and run what only looks")
    parser.add_argument("--json", action="store_true", help="print one JSON document, and ask nothing")
    return parser
