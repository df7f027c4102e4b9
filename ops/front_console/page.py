"""What stands first on the front page. One look into the counters, however much there is of everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from ops import clock
from ops.console.showing import NOTHING, up_to, when
from ops.front import attention, counters, series
from ops.front.attention import MOST_COUNTED, Attention
from ops.front.counters import Counted
from ops.front.series import Series
from ops.front_console.charts import Bars, Chart
from ops.front_console.days import Day, Days
from ops.jobs import wellbeing

JOB = "ops.front.count"
# A job of each minute that is late by two of them is not done.
STALE_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class Figure:
    """One number that is 0 when all is well; ``number``: ``None``, it was not counted yet."""

    label: str
    number: int | None
    address: str

    @property
    def shown(self) -> str:
        """The number, to be read."""
        return NOTHING if self.number is None else up_to(self.number, MOST_COUNTED)

    @property
    def calls(self) -> bool:
        """Whether somebody should look."""
        return bool(self.number)


def first(request: HttpRequest) -> Mapping[str, Any]:
    """Return what the template ``admin/front.html`` needs, of what the user may see."""
    user: Any = request.user
    now = clock.now()
    days = Days.at(now)
    shown = [each for each in series.every() if user.has_perm(each.permission)]
    watched = [each for each in attention.every() if user.has_perm(each.permission)]
    counted = counters.read([each.key for each in shown], days.in_utc)
    figures = [_figure(each, counted, user) for each in watched]
    return {
        "figures": sorted(figures, key=lambda each: not each.calls),
        "charts": [_chart(each, counted, days) for each in shown],
        "days": days,
        "counted": when(counted.counted_at) if counted.counted_at else "",
        "counted_ago": _ago(counted, now),
        "silence": _silence(counted, now) if watched or shown else [],
    }


def _figure(one: Attention, counted: Counted, user: Any) -> Figure:
    number = counted.counts.get(one.key)
    if number is not None and one.adds is not None and user.has_perm(one.adds[0]):
        number += counted.counts.get(one.added_key, 0)
    return Figure(one.label, number, one.where.address)


def _chart(one: Series, counted: Counted, days: Days) -> Chart:
    today, before = (_bars(one, counted, each) for each in (days.today, days.before))
    return Chart(one.label, today, before, days.over, days.hours)


def _bars(one: Series, counted: Counted, day: Day) -> Bars:
    numbers = counted.numbers(one, day.start, day.end)
    return Bars(day.label, numbers, one.where(day.day.isoformat()).address)


def _ago(counted: Counted, now: datetime) -> str:
    if counted.counted_at is None:
        return ""
    seconds = max(0, int((now - counted.counted_at).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _silence(counted: Counted, now: datetime) -> Sequence[str]:
    """Return why the numbers are old, line by line; nothing: they are not."""
    if counted.counted_at is not None and now - counted.counted_at <= STALE_AFTER:
        return []
    seen = wellbeing.picture()
    lines = [f"No {role} runs." for role in seen.absent()]
    beat = next((each for each in seen.beats if each["_id"] == JOB), None)
    if beat is not None and beat.get("error"):
        lines.append(f"The job has failed: {beat['error']}.")
    return lines or ["Worker and beat run: the job is at work, or late."]
