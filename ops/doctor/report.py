"""What doctor says: to people in lines that fit a terminal, to programs in one JSON document."""

import json
import os
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TextIO

from ops.doctor.changes import Lately
from ops.doctor.check import Examination, Result, worst

COLUMNS = 80
INDENT = 12  # as wide as a margin and the labels
CHANGES_SHOWN = 8
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


def text(examinations: Sequence[Examination], pen: Pen, lately: Lately | None = None) -> str:
    """Return the report for people, in the order given: causes, each with its symptoms, then what is well.

    Args:
        examinations: as ``check.explained`` returns them.
        pen: for colours.
        lately: what was changed, which stands first; ``None``: nobody asked.
    """
    lines = [_summary(examinations, pen), *(_changed(lately) if lately else [])]
    unwell = [each for each in examinations if each.finding.result != Result.OK]
    for unseen, group in groupby(unwell, _is_explained_and_unseen):
        say = _all_unseen if unseen else _each_in_full
        lines += say(list(group), pen)
    well = [each for each in examinations if each.finding.result == Result.OK]
    lines += [""] if well else []
    for each in well:
        lines += _in_short(each, pen)
    return "\n".join(lines) + "\n"


def document(examinations: Sequence[Examination], lately: Lately | None = None) -> str:
    """Return the same as one JSON document."""
    said: dict[str, Any] = {"result": worst(examinations)}
    if lately:
        said["changes"] = [
            {"at": each.at.isoformat(timespec="seconds"), "what": each.what, "who": each.who}
            for each in lately.changes
        ]
        said["changes_unknown"] = lately.unknown
    said["findings"] = [as_facts(each) for each in examinations]
    return json.dumps(said, indent=2) + "\n"


def as_facts(examination: Examination) -> dict[str, Any]:
    """Return a finding as facts that JSON can hold."""
    check, finding = examination.check, examination.finding
    return {
        "name": check.name,
        "section": check.section,
        "title": check.title,
        "result": str(finding.result),
        "evidence": list(finding.evidence),
        "cause": finding.cause,
        "remedy": finding.remedy,
        "explained_by": list(examination.explained_by),
    }


def _summary(examinations: Sequence[Examination], pen: Pen) -> str:
    results = [each.finding.result for each in examinations]
    parts = [
        pen.paint(f"{results.count(result)} {word.lower()}", COLOURS[result])
        for result, word in WORDS.items()
        if result in results
    ]
    return f"doctor: {', '.join(parts)}"


def _changed(lately: Lately) -> Iterator[str]:
    yield ""
    if lately.changes:
        yield "Changed in the last hour:"
    elif lately.unknown is None:
        yield "Nothing was changed in the last hour."
    for each in lately.changes[:CHANGES_SHOWN]:
        by = f", by {each.who}" if each.who else ""
        yield from _labelled(f"{each.at:%H:%M:%S}", f"{each.what}{by}")
    if (more := len(lately.changes) - CHANGES_SHOWN) > 0:
        yield f"{'':{INDENT}}and {more} more: see the audit log, and manage.py deployments"
    if lately.unknown is not None:
        yield from _wrapped(f"Who did what in the last hour cannot be read: {lately.unknown}.", COLUMNS)


def _is_explained_and_unseen(examination: Examination) -> bool:
    """Tell whether there is nothing to say of it but its name."""
    return examination.finding.result == Result.COULD_NOT_LOOK and bool(examination.explained_by)


def _all_unseen(examinations: Sequence[Examination], pen: Pen) -> Iterator[str]:
    """Yield the names of all that could not look for one reason, which stands above."""
    names = ", ".join(each.check.name for each in examinations)
    causes = dict.fromkeys(name for each in examinations for name in each.explained_by)
    yield ""
    yield f"{pen.paint(WORDS[Result.COULD_NOT_LOOK], BOLD, COLOURS[Result.COULD_NOT_LOOK])}"
    yield from _labelled("checks", names)
    yield from _labelled("cause", f"{' and '.join(causes)}, see above")


def _each_in_full(examinations: Sequence[Examination], pen: Pen) -> Iterator[str]:
    for each in examinations:
        yield ""
        yield from _in_full(each, pen)


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
