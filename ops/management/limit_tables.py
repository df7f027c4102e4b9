"""Limits as tables of 80 columns: what ``manage.py limits show`` prints."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from ops.limits.counters import Counter
from ops.limits.overrides import Override
from ops.limits.table import DAY, HOUR, LIMITS, MINUTE

COLUMNS = 80
UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))


def of_limits(held: Sequence[Override]) -> str:
    """Return the table, with what holds instead and until when, and below it by whom and why."""
    by_operation = {each.operation: each for each in held}
    head = _line("operation", "limit", "window", "key", "override, in force until")
    rows = [
        _line(name, str(limit.most), period(limit.window), str(limit.key), _override(by_operation.get(name)))
        for name, limit in LIMITS.items()
    ]
    return "\n".join([head, *rows, *_notes(held)])


def of_counters(counters: Iterable[Counter], limits: Mapping[str, int]) -> str:
    """Return somebody's counters; ``limits``: what holds for each operation now."""
    rows = [
        _line(
            each.operation,
            str(each.calls),
            str(limits.get(each.operation, "-")),
            "",
            f"{_moment(each.ends_at)}{'' if each.ttl is not None else ', kept for ever'}",
        )
        for each in counters
    ]
    head = _line("operation", "count", "limit", "", "window ends")
    return "\n".join([head, *rows]) if rows else "No counters."


def period(seconds: int) -> str:
    """Return a number of seconds in the largest unit that it is whole in."""
    for size, unit in UNITS:
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _line(operation: str, number: str, span: str, key: str, rest: str) -> str:
    return f"{operation:<22}{number:>6}  {span:<6} {key:<7} {rest}".rstrip()


def _override(held: Override | None) -> str:
    if held is None:
        return ""
    return f"{held.most} / {period(held.window)} {_short(held.until)}"


def _notes(held: Sequence[Override]) -> list[str]:
    """Return a paragraph for each override: the word, by whom and why."""
    notes = [
        f"{each.operation}: set as {each.endpoint} by {each.by}{f': {each.reason}' if each.reason else ''}"
        for each in held
    ]
    lines = [line for note in notes for line in textwrap.wrap(note, COLUMNS, subsequent_indent="  ")]
    return ["", *lines] if lines else []


def _short(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%MZ}"


def _moment(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M:%SZ}"
