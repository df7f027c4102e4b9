"""What the page says, as a document: the page, its JSON and the feed are made of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ops.incidents.kinds import PublicState
from ops.mongo.collections import Document
from ops.status.days import BAD, DAYS, SEEN
from ops.status.knowing import Known, first_day
from ops.status.states import PARTS, Look, Part, State, overall


def made(look: Look, known: Known, now: datetime) -> Document:
    """Return it; ``look``: how the parts are at this moment, ``known``: what was before."""
    states = look.states()
    lasting = [each for each in known.incidents if each["state"] != PublicState.RESOLVED]
    return {
        "as_of": now,
        "state": str(overall(states, incidents=bool(lasting))),
        "history_as_of": known.read_at,
        "components": [_component(part, states[part.id], known, now) for part in PARTS],
        "incidents": lasting,
        "recent_incidents": [each for each in known.incidents if each not in lasting],
    }


def _component(part: Part, state: State, known: Known, now: datetime) -> Document:
    first = first_day(now)
    dates = [(first + timedelta(days=number)).isoformat() for number in range(DAYS)]
    each_day = [_day(date, known.days.get(date, {}).get(part.id, {})) for date in dates]
    return {
        "id": part.id,
        "name": part.name,
        "state": str(state),
        "uptime_percent": uptime(known.days.get(date, {}).get(part.id, {}) for date in dates),
        "days": each_day,
    }


def _day(date: str, minutes: Mapping[str, int]) -> Document:
    return {"date": date, **{name: minutes.get(name, 0) for name in (SEEN, *map(str, BAD))}}


def uptime(each_day: Iterable[Mapping[str, int]]) -> float | None:
    """Return the share of the minutes seen that it was not down, in percent; ``None``: none was seen.

    Minutes of maintenance are left out. Rounded down, so that 100 means that there was no minute.
    """
    seen = down = 0
    for minutes in each_day:
        seen += minutes.get(SEEN, 0) - minutes.get(State.MAINTENANCE, 0)
        down += minutes.get(State.DOWN, 0)
    return None if seen <= 0 else (seen - down) * 10_000 // seen / 100
