"""How much time is left, in words: to take an incident in hand, to mend it, to tell the authorities."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ops.incidents.kinds import Severity, State
from ops.mongo.collections import Document

_DAY, _HOUR = 24 * 60, 60


class Clock(NamedTuple):
    """Something that must be done by a time.

    Attributes:
        name: ``acknowledge``, ``fix`` or ``notice``.
        due_at: by when.
        words: for people, for example ``acknowledge in 7 min``.
        is_late: the time is over.
    """

    name: str
    due_at: datetime
    words: str
    is_late: bool


def running(incident: Document, now: datetime) -> list[Clock]:
    """Return the clocks that run for an incident; none once it is resolved and nobody has to be told."""
    return [*_of_work(incident, now), *_of_notice(incident, now)]


def span(length: timedelta) -> str:
    """Return a span of time in words, of either sign, without the part that says nothing any more."""
    minutes = int(abs(length.total_seconds())) // 60
    days, hours = divmod(minutes // _HOUR, 24)
    if minutes >= _DAY:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if minutes >= _HOUR:
        return f"{hours} h {minutes % _HOUR} min" if minutes % _HOUR else f"{hours} h"
    return f"{minutes} min" if minutes else "less than a minute"


def _of_work(incident: Document, now: datetime) -> Iterator[Clock]:
    if incident["state"] == State.RESOLVED:
        return
    if incident["state"] == State.OPEN:
        yield _clock("acknowledge", "acknowledge", incident["acknowledge_by"], now)
    if incident["severity"] == Severity.P1:
        open_for = span(now - incident["opened_at"])
        yield Clock("fix", incident["fix_by"], f"fix at once: open for {open_for}", is_late=True)
    else:
        yield _clock("fix", "fix", incident["fix_by"], now)


def _of_notice(incident: Document, now: datetime) -> Iterator[Clock]:
    notice = incident["notice"]
    if notice and notice["sent_at"] is None:
        yield _clock("notice", "tell the authorities", notice["due_at"], now)


def _clock(name: str, what: str, due_at: datetime, now: datetime) -> Clock:
    left = due_at - now
    is_late = left <= timedelta(0)
    words = f"{what}: overdue by {span(left)}" if is_late else f"{what} in {span(left)}"
    return Clock(name, due_at, words, is_late)
