"""What doctor says: to people in lines that fit a terminal, to programs in one JSON document."""

import json
import os
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from ops.doctor.check import Examination, Result, worst

COLUMNS = 80
INDENT = 12  # as wide as a margin and the labels
BOLD, PLAIN = "1", "0"
COLOURS = {Result.OK: "32", Result.DEGRADED: "33", Result.COULD_NOT_LOOK: "33", Result.FAILED: "31"}
WORDS = {
    Result.FAILED: "FAILED",
    Result.DEGRADED: "DEGRADED",
    Result.COULD_NOT_LOOK: "COULD NOT LOOK",
    Result.OK: "OK",
}


class Pen:
    """Colours words where somebody can see it."""

    def __init__(self, stream: TextIO) -> None:
        """Take where the text goes. Source of ``NO_COLOR``: no-color.org."""
        self._colours = (
            stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        )

    def paint(self, text: str, *codes: str) -> str:
        """Return the text, in colour if colours are wanted."""
        return f"\033[{';'.join(codes)}m{text}\033[{PLAIN}m" if self._colours else text


def text(examinations: Sequence[Examination], pen: Pen) -> str:
    """Return the report for people, in the order given."""
    lines = [_summary(examinations, pen)]
    for each in examinations:
        if each.finding.result != Result.OK:
            lines += ["", *_in_full(each, pen)]
    well = [each for each in examinations if each.finding.result == Result.OK]
    lines += [""] if well else []
    for each in well:
        lines += _in_short(each, pen)
    return "\n".join(lines) + "\n"


def document(examinations: Sequence[Examination]) -> str:
    """Return the same as one JSON document."""
    findings = [_as_json(each) for each in examinations]
    return json.dumps({"result": worst(examinations), "findings": findings}, indent=2) + "\n"


def _summary(examinations: Sequence[Examination], pen: Pen) -> str:
    results = [each.finding.result for each in examinations]
    parts = [
        pen.paint(f"{results.count(result)} {word.lower()}", COLOURS[result])
        for result, word in WORDS.items()
        if result in results
    ]
    return f"doctor: {', '.join(parts)}"


def _in_full(examination: Examination, pen: Pen) -> Iterator[str]:
    check, finding = examination.check, examination.finding
    word = WORDS[finding.result]
    place = f"runbook section {check.section}"
    room = COLUMNS - len(word) - len(place) - 4
    title = textwrap.shorten(f"{check.name}: {check.title}", room, placeholder="…")
    yield f"{pen.paint(word, BOLD, COLOURS[finding.result])}  {title:<{room}}  {place}"
    for line in finding.evidence:
        yield from _labelled("evidence", line)
    if examination.explained_by:  # what to do about it stands with the cause, which comes first
        yield from _labelled("cause", f"{' and '.join(examination.explained_by)}, see above")
        return
    if finding.cause:
        yield from _labelled("cause", finding.cause)
    if finding.remedy:
        yield from (pen.paint(line, BOLD) for line in _labelled("remedy", finding.remedy, goes_on=" \\"))


def _in_short(examination: Examination, pen: Pen) -> Iterator[str]:
    words = f"{examination.check.name}: {'; '.join(examination.finding.evidence)}"
    first, *more = _wrapped(words, COLUMNS - 4)
    yield f"{pen.paint(WORDS[Result.OK], COLOURS[Result.OK])}  {first}"
    yield from (f"    {line}" for line in more)


def _labelled(label: str, words: str, *, goes_on: str = "") -> Iterator[str]:
    """Yield lines; each but the last ends with ``goes_on``, so that a shell takes a command for one line."""
    lines = _wrapped(words, COLUMNS - INDENT - len(goes_on))
    for number, line in enumerate(lines, 1):
        margin = f"  {label if number == 1 else ''}"
        yield f"{margin:<{INDENT}}{line}{goes_on if number < len(lines) else ''}"


def _wrapped(words: str, width: int) -> list[str]:
    """Break lines at spaces only, so that an option or an address can be copied; a longer word must break."""
    return textwrap.wrap(words, width, break_on_hyphens=False) or [""]


def _as_json(examination: Examination) -> dict[str, Any]:
    check, finding = examination.check, examination.finding
    return {
        "name": check.name,
        "section": check.section,
        "title": check.title,
        "result": finding.result,
        "evidence": list(finding.evidence),
        "cause": finding.cause,
        "remedy": finding.remedy,
        "explained_by": list(examination.explained_by),
    }
