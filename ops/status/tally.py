"""Looks become minutes; those that could not be written wait: outages of MongoDB belong in the picture."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ops.status import days
from ops.status.days import Days
from ops.status.states import State, worst

# A day: what is older when MongoDB comes back counts as not seen.
MOST_HELD = 1440


class Minute(NamedTuple):
    """A minute that is over: its beginning, and of each part the worst that was seen in it."""

    at: datetime
    states: Mapping[str, State]


class Tally:
    """Of one process; another that sees the same minutes counts none twice."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._at: datetime | None = None
        self._states: dict[str, State] = {}
        self._held: deque[Minute] = deque(maxlen=MOST_HELD)

    def add(self, now: datetime, states: Mapping[str, State]) -> None:
        """Note a look."""
        at = now.replace(second=0, microsecond=0)
        if self._at is not None and at != self._at:
            self._held.append(Minute(self._at, self._states))
            self._states = {}
        self._at = at
        self._states = {part: worst([state, *self._before(part)]) for part, state in states.items()}

    def write(self) -> int:
        """Write the minutes that are over, the oldest first; returns how many were new to the database.

        Raises:
            DatabaseUnavailableError, PyMongoError: it is away; they stay here.
        """
        new = 0
        while self._held:
            new += days.count(*self._held[0])
            self._held.popleft()
        return new

    def added_to(self, known: Days) -> Days:
        """Return the days that the database has told of with the minutes that it has still to be told."""
        for minute in self._held:
            known = days.with_minute(known, *minute)
        return known

    def _before(self, part: str) -> list[State]:
        return [self._states[part]] if part in self._states else []
