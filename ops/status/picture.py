"""90 days as a picture: a bar for each day, drawn on the server, and the same in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from ops.mongo.collections import Document
from ops.status.days import DAYS, SEEN
from ops.status.states import State

# Units of the picture: a bar and the gap beside it; it is drawn as wide as there is room.
STEP, WIDE, HIGH = 5, 4, 30
# However short an outage was, it is seen.
LEAST = 4
MINUTES_OF_DAY = 1440
# From the top down, so that what was worst is where eyes go first.
TROUBLES = (State.DOWN, State.DEGRADED, State.MAINTENANCE)
WORDS = {State.DOWN: "down", State.DEGRADED: "degraded", State.MAINTENANCE: "maintenance"}
UNSEEN = "unseen"


class Piece(NamedTuple):
    """A piece of a bar: what it stands for, and where it is."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A day."""

    x: int
    words: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Picture:
    """The days of a part.

    Attributes:
        bars: the oldest first.
        words: what the picture shows, for whoever does not see it.
        troubled: the days that were not quite well, in words, the newest first.
    """

    bars: Sequence[Bar]
    words: str
    troubled: Sequence[str]


def drawn(part: Document, now: datetime) -> Picture:
    """Return the picture of a part of a report."""
    each_day = part["days"]
    bars = [
        Bar(number * STEP, in_words(day), tuple(_pieces(day, _length(day, now))))
        for number, day in enumerate(each_day)
    ]
    troubled = [in_words(day) for day in reversed(each_day) if any(day[kind] for kind in TROUBLES)]
    return Picture(bars, _summary(part, len(troubled)), troubled)


def in_words(day: Mapping[str, int | str]) -> str:
    """Return a day in a line, for example ``3 March: 12 min down, 1,400 min not seen``."""
    when = date.fromisoformat(str(day["date"]))
    told = f"{when.day} {when:%B}"
    if not day[SEEN]:
        return f"{told}: not seen"
    parts = [f"{day[kind]:,} min {WORDS[kind]}" for kind in TROUBLES if day[kind]]
    return f"{told}: {', '.join(parts) or 'no trouble'}, {day[SEEN]:,} min seen"


def _summary(part: Document, troubled: int) -> str:
    days = sum(1 for day in part["days"] if day[SEEN])
    if not days:
        return f"{part['name']}: not seen in the last {DAYS} days."
    share = part["uptime_percent"]
    worked = "" if share is None else f" worked {share:.2f} % of the time seen;"
    return f"{part['name']}:{worked} {days} of {DAYS} days seen, {troubled} of them with trouble."


def _length(day: Mapping[str, int | str], now: datetime) -> int:
    """Return how many minutes of a day there have been: today goes on."""
    is_today = day["date"] == now.date().isoformat()
    return max(1, now.hour * 60 + now.minute) if is_today else MINUTES_OF_DAY


def _pieces(day: Mapping[str, int | str], length: int) -> Iterator[Piece]:
    """Yield the pieces from the top down; the rest of the bar was well, if it was seen at all."""
    seen, y = int(day[SEEN]), 0
    if not seen:
        yield Piece(UNSEEN, 0, HIGH)
        return
    counts = [(str(kind), int(day[kind])) for kind in TROUBLES]
    counts.append((UNSEEN, max(0, length - seen)))
    for kind, minutes in counts:
        if height := min(_height(kind, minutes, length), HIGH - y):
            yield Piece(kind, y, height)
            y += height
    if y < HIGH:
        yield Piece(str(State.OPERATIONAL), y, HIGH - y)


def _height(kind: str, minutes: int, length: int) -> int:
    height = HIGH * minutes // length
    return max(height, LEAST) if minutes and kind != UNSEEN else height
