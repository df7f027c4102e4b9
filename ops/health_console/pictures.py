"""How a check went in the last 24 hours, drawn on the server: a field for each quarter of an hour.

The worst result of a quarter counts. How bad it was is its height, too, and not only its colour; what was not
looked at stays empty. The words say the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils.html import format_html, format_html_join

from ops.doctor import recording
from ops.doctor.check import Result
from ops.mongo.collections import Document

PERIOD, FIELD = timedelta(hours=24), timedelta(minutes=15)
FIELDS = PERIOD // FIELD
HEIGHT = 12
HEIGHTS: Mapping[str, int] = {Result.OK: 3, Result.COULD_NOT_LOOK: 6, Result.DEGRADED: 8, Result.FAILED: 12}
WORDS: Mapping[str, str] = {
    Result.FAILED: "failed",
    Result.DEGRADED: "degraded",
    Result.COULD_NOT_LOOK: "could not look",
    Result.OK: "ok",
}


@dataclass(frozen=True)
class History:
    """What became of one check; ``fields``: a result or ``None`` for each, the oldest first."""

    fields: Sequence[str | None]
    last_ok: datetime | None

    @property
    def words(self) -> str:
        """The picture, in words."""
        counts = Counter(each for each in self.fields if each)
        if not counts:
            return "Not looked at in the last 24 hours."
        if set(counts) == {str(Result.OK)}:
            told = "Ok whenever doctor looked"
        else:
            parts = [f"{WORDS[each]} in {counts[each]}" for each in recording.WORST if counts[each]]
            told = f"Of {FIELDS} quarters of an hour: {', '.join(parts)}"
        missing = FIELDS - counts.total()
        return f"{told}; not looked at in {missing} of {FIELDS}." if missing else f"{told}."

    def drawn(self) -> str:
        """Return the picture as SVG."""
        shapes, across = [], 0
        for result, run in groupby(self.fields):
            width = len(list(run))
            if result:
                high = HEIGHTS[result]
                shapes.append((across, HEIGHT - high, width, high, result))
            across += width
        return format_html(
            '<svg class="history" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
            "{}</svg>",
            self.words,
            FIELDS,
            HEIGHT,
            format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" class="{}"></rect>', shapes),
        )


def histories(seen: Iterable[Document], names: Iterable[str], now: datetime) -> dict[str, History]:
    """Return what became of each of these checks.

    Args:
        seen: when doctor looked (``at``) and the ``results`` by name, the oldest first.
        names: of the checks.
        now: where the pictures end.
    """
    begins = now - PERIOD
    fields: dict[str, list[str | None]] = {name: [None] * FIELDS for name in names}
    last_ok: dict[str, datetime] = {}
    for each in seen:
        number = (each["at"] - begins) // FIELD
        for name, result in each["results"].items():
            if name in fields and 0 <= number <= FIELDS:
                at = min(number, FIELDS - 1)
                fields[name][at] = _worse(fields[name][at], result)
                if result == Result.OK:
                    last_ok[name] = each["at"]
    return {name: History(found, last_ok.get(name)) for name, found in fields.items()}


def _worse(one: str | None, other: str) -> str:
    return other if one is None or HEIGHTS[other] > HEIGHTS[one] else one
