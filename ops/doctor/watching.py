"""``doctor --watch``: looks again and again, and says what has become better or worse."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TextIO

from ops.doctor import report
from ops.doctor.check import Examination, Result, worst

EVERY_SECONDS = 5.0
CLEAR = "\033[H\033[2J"


def watch(
    look: Callable[[], Sequence[Examination]],
    stream: TextIO,
    *,
    wait: Callable[[float], object] = time.sleep,
) -> int:
    """Look until somebody presses Ctrl-C; returns the exit status of the last look.

    On a terminal each look takes the place of the one before. Elsewhere the first is told in full, then only
    what has changed, a line each.

    Args:
        look: runs the checks.
        stream: where to say it.
        wait: lets so many seconds pass; KeyboardInterrupt ends the watch.
    """
    before: Sequence[Examination] | None = None
    try:
        while True:
            found = look()
            stream.write(_said(found, before, stream))
            stream.flush()
            before = found
            wait(EVERY_SECONDS)
    except KeyboardInterrupt:
        return worst(before or ()).severity


def _said(found: Sequence[Examination], before: Sequence[Examination] | None, stream: TextIO) -> str:
    now, whole = f"{datetime.now(UTC):%H:%M:%S}", report.text(found, report.Pen(stream))
    if stream.isatty():
        return f"{CLEAR}{now} UTC, every {EVERY_SECONDS:g} s, Ctrl-C ends it\n{whole}"
    if before is None:
        return f"{now} {whole}"
    return "".join(f"{now} {line}\n" for line in changed(_by_name(before), found))


def changed(before: Mapping[str, Result], found: Sequence[Examination]) -> list[str]:
    """Return a line for each check whose result is another than before."""
    return [
        f"{each.check.name}: {report.WORDS[before[each.check.name]].lower()} -> "
        f"{report.WORDS[each.finding.result].lower()}: {'; '.join(each.finding.evidence)}"
        for each in found
        if before[each.check.name] != each.finding.result
    ]


def _by_name(examinations: Sequence[Examination]) -> dict[str, Result]:
    return {each.check.name: each.finding.result for each in examinations}
