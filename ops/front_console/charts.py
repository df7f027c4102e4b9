"""Small charts, drawn on the server: bars of one day, and another day as a dashed line over them."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join

from ops.console.showing import NOTHING, amount

SLOT, BAR, HEIGHT = 10, 7, 60
Numbers = Sequence[int | None]


@dataclass(frozen=True)
class Bars:
    """The numbers of a day by hour, and where what they count is listed.

    ``numbers``: ``None`` is an hour that was not counted, or is still to come.
    """

    label: str
    numbers: Numbers
    address: str

    @property
    def total(self) -> str:
        """All of the day, as far as it is counted."""
        counted = [each for each in self.numbers if each is not None]
        return amount(sum(counted)) if counted else NOTHING

    def until(self, hours: int) -> int | None:
        """Return the sum of the first hours; ``None``: they were not all counted."""
        counted = [each for each in self.numbers[:hours] if each is not None]
        return sum(counted) if len(counted) == hours else None


@dataclass(frozen=True)
class Chart:
    """One series: today so far, and the same weekday last week.

    ``hours``: how many of today are over; ``names``: of all hours, for example ``14:00``.
    """

    label: str
    today: Bars
    before: Bars
    hours: int
    names: Sequence[str]

    @property
    def comparison(self) -> str:
        """Both days up to the last full hour, in words."""
        now, then = self.today.until(self.hours), self.before.until(self.hours)
        if not 0 < self.hours < len(self.names) or now is None or then is None:
            return ""
        return f"By {self.names[self.hours]}: {amount(now)}, against {amount(then)} a week before."

    @property
    def title(self) -> str:
        """The chart in a sentence, for those who do not see it."""
        days = f"today {self.today.total} so far, {self.before.label} {self.before.total}"
        return f"{self.label.capitalize()} by hour: {days}. {self.comparison}".strip()

    @functools.cached_property
    def most(self) -> int:
        """The highest number of an hour on either day."""
        return max((each or 0 for each in (*self.today.numbers, *self.before.numbers)), default=0)

    @property
    def most_shown(self) -> str:
        """The same, to be read."""
        return amount(self.most)

    def rows(self) -> str:
        """Return the same as rows of a table: hour, today, the day before."""
        both = zip(self.names, self.today.numbers, self.before.numbers, strict=False)
        cells = ((name, _cell(today), _cell(before)) for name, today, before in both)
        return format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', cells)

    def drawn(self) -> str:
        """Return the picture."""
        return format_html(
            '<svg class="front-chart" role="img" viewBox="0 0 {} {}" preserveAspectRatio="none">'
            '<title>{}</title>{}<path class="before" d="{}"/></svg>',
            SLOT * len(self.names),
            HEIGHT,
            self.title,
            self._bars(),
            self._line(),
        )

    def _bars(self) -> str:
        heights = ((slot, self._height(each)) for slot, each in enumerate(self.today.numbers) if each)
        bars = ((slot * SLOT + (SLOT - BAR) / 2, HEIGHT - high, BAR, high) for slot, high in heights)
        return format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}"/>', bars)

    def _line(self) -> str:
        """Return a path of steps; where an hour was not counted it is interrupted."""
        steps, is_drawing = [], False
        for slot, each in enumerate(self.before.numbers):
            if each is not None:
                high, left = HEIGHT - self._height(each), slot * SLOT
                steps.append(f"{'L' if is_drawing else 'M'}{left} {high}H{left + SLOT}")
            is_drawing = each is not None
        return "".join(steps)

    def _height(self, number: int) -> float:
        return round(number * (HEIGHT - 4) / max(self.most, 1), 1) + (1 if number else 0)


def _cell(number: int | None) -> str:
    return NOTHING if number is None else amount(number)
