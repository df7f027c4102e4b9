"""Figures of the whole system, which apps register: counted within bounds, and at most once a minute.

They may be old: what is decided on, nobody reads here. Source: HTTP contract, section 14; design, section 7.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from ops.cache.remembering import Kind, remembered

SECONDS = 60
# None: more than can be counted, or added up, while somebody waits.
Figures: TypeAlias = Mapping[str, int | None]
Count: TypeAlias = Callable[[datetime], Figures]


class Reading(NamedTuple):
    """What was counted, and when."""

    as_of: datetime
    figures: Figures


_counts: list[Count] = []


def register(count: Count) -> None:
    """Enter figures by name; called by an app when it is ready. ``count`` is told the time."""
    _counts.append(count)


def reading(now: datetime) -> Reading:
    """Return all figures as they were counted in this minute."""
    return remembered(_READING, {"minute": int(now.timestamp()) // SECONDS}, lambda: _counted(now))


def _counted(now: datetime) -> Reading:
    return Reading(now, {name: figure for count in _counts for name, figure in count(now).items()})


def _packed(read: Reading) -> Any:
    return [read.as_of.isoformat(), dict(read.figures)]


def _unpacked(stored: Any) -> Reading:
    as_of, figures = stored
    if not all(figure is None or isinstance(figure, int) for figure in figures.values()):
        raise TypeError
    return Reading(datetime.fromisoformat(as_of), figures)


_READING: Kind[Reading] = Kind("figures", _packed, _unpacked)
