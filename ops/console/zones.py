"""The time zone of who looks at the console: times are shown in it, and days are meant in it.

The browser tells its zone in one cookie, by script; a form keeps another, which goes before it. Both are
only believed if they name a zone. Outside of a page of the console the zone is UTC.
"""

import functools
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ops import clock

CHOSEN, SEEN = "console_zone", "console_zone_seen"  # cookies; console.js writes the second
COOKIE_PATH = "/admin/"
COOKIE_SECONDS = 365 * 24 * 60 * 60
PLAIN = ZoneInfo("UTC")

_current: ContextVar[ZoneInfo] = ContextVar("zone", default=PLAIN)


@functools.cache
def every() -> frozenset[str]:
    """Return the names of all zones that this machine knows."""
    return frozenset(zoneinfo.available_timezones() | {PLAIN.key})


def of(request: HttpRequest) -> ZoneInfo:
    """Return the zone of who looks: as chosen, as the browser says, or UTC."""
    told = (request.COOKIES.get(name, "") for name in (CHOSEN, SEEN))
    return ZoneInfo(next((name for name in told if name in every()), PLAIN.key))


@contextmanager
def looked_at_from(request: HttpRequest) -> Iterator[None]:
    """Make the zone of who looks the current one."""
    before = _current.set(of(request))
    try:
        yield
    finally:
        _current.reset(before)


def current() -> ZoneInfo:
    """Return the zone that times are shown in."""
    return _current.get()


def here(moment: datetime) -> datetime:
    """Return a time in the current zone; without a zone of its own it is in UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(current())
    except OverflowError:  # the last day of all, or the first
        return aware.astimezone(UTC)


def name_at(moment: datetime) -> str:
    """Return what the zone of a time is called then: ``CET``, or ``UTC+05:30`` where it has no name."""
    name = moment.tzname() or ""
    return name if name.isalpha() else f"UTC{moment.isoformat()[-6:]}"


def today() -> date:
    """Return the day that it is in the current zone."""
    return clock.now().astimezone(current()).date()


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when ``first`` begins and when ``last`` is over in the current zone, in UTC.

    Raises:
        OverflowError: there is no day after the last.
    """
    return _begin(first), _begin(last + timedelta(days=1))


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=current()).astimezone(UTC)


def kept(answer: HttpResponse, name: str) -> HttpResponse:
    """Let the browser keep the zone that was chosen; empty: none, so that its own word goes."""
    if name:
        answer.set_cookie(
            CHOSEN,
            name,
            max_age=COOKIE_SECONDS,
            path=COOKIE_PATH,
            secure=bool(settings.SESSION_COOKIE_SECURE),
            httponly=True,
            samesite="Lax",
        )
    else:
        answer.delete_cookie(CHOSEN, path=COOKIE_PATH, samesite="Lax")
    return answer


class ZoneForm(forms.Form):
    """Which zone the times are to be shown in."""

    zone = forms.ChoiceField(
        label="Times in",
        required=False,
        choices=lambda: [("", "As the browser says"), *((each, each) for each in sorted(every()))],
    )
