"""/admin/incidents/: which incidents there are, the open ones first."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ops import clock
from ops.actors import Actor
from ops.console.acting import staff
from ops.console.showing import Table, when
from ops.incident_console import wording
from ops.incident_console.rights import MANAGE, SEE_SECURITY
from ops.incidents import records, seeing
from ops.incidents.kinds import Kind, Severity, State
from ops.mongo.collections import Document
from ops.paging import Page, Part, Position

ROWS = 50
STATES = (records.ANY_UNRESOLVED, *State)
HEAD = ("severity", "incident", "state", "due", "kind", "level", "open for", "opened")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
_POSITION = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_]{1,64})")


class Choice(NamedTuple):
    """One value of a filter."""

    label: str
    address: str
    is_on: bool


class Filter(NamedTuple):
    """A filter above the list."""

    title: str
    choices: Sequence[Choice]


def listed(request: HttpRequest) -> HttpResponse:
    """Show those that are open, the worst first, and a page of all, the newest first.

    Raises:
        SuspiciousOperation: a parameter of the address is none that a link of this page has.
    """
    actor, now = staff(request), clock.now()
    state, kind = _chosen(request, "state", STATES), _chosen(request, "kind", tuple(Kind))
    severity = _chosen(request, "severity", tuple(Severity))
    with_security = actor.may(SEE_SECURITY)
    page = records.page(
        _part(request), state=state, severity=severity, kind=kind, with_security=with_security
    )
    tables = [_table("Incidents, the newest first", page.rows, now)]
    if not request.GET:
        tables.insert(0, open_table(actor, now))
    context = {
        **admin.site.each_context(request),
        "title": "Incidents",
        "at_list": True,
        "tables": tables,
        "filters": [
            _filter(request, "state", state, STATES),
            _filter(request, "severity", severity, tuple(Severity)),
            _filter(request, "kind", kind, tuple(Kind)),
        ],
        "may_open": actor.may(MANAGE),
        "elsewhere": list(settings.OPERATORS_LINKS.items()),
        **_beside(request, page),
    }
    return TemplateResponse(request, "admin/incidents.html", context)


def open_table(actor: Actor, now: datetime) -> Table:
    """Return the open incidents that somebody may see, the worst first."""
    seen = [each for each in records.open_ones() if seeing.may_see(actor, each)]
    return _table("Open incidents", seen, now, empty="None is open.")


def row(incident: Document, now: datetime) -> Sequence[object]:
    """Return the cells of an incident, in the order of ``HEAD``."""
    return (
        wording.severity(incident),
        wording.link(incident),
        wording.state(incident),
        wording.due(incident, now),
        incident["kind"],
        incident["level"],
        wording.age(incident, now),
        when(incident["opened_at"]),
    )


def _table(title: str, incidents: Iterable[Document], now: datetime, empty: str = "None.") -> Table:
    return Table(title, HEAD, [row(each, now) for each in incidents], empty=empty)


def _chosen(request: HttpRequest, name: str, values: Sequence[str]) -> str | None:
    given = request.GET.get(name)
    if given is not None and given not in values:
        raise SuspiciousOperation
    return given


def _filter(request: HttpRequest, name: str, chosen: str | None, values: Sequence[str]) -> Filter:
    choices = [Choice("all", _address(request, **{name: None}), chosen is None)]
    choices += [Choice(each, _address(request, **{name: each}), chosen == each) for each in values]
    return Filter(name.capitalize(), choices)


def _address(request: HttpRequest, **changed: str | None) -> str:
    """Return this page's address with other parameters; a filter begins at the first page."""
    query = request.GET.copy()
    for name in ("older", "newer"):
        query.pop(name, None)
    for name, value in changed.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}" if query else request.path


def _part(request: HttpRequest) -> Part:
    older, newer = request.GET.get("older"), request.GET.get("newer")
    return Part(ROWS, _position(newer or older), backwards=newer is not None)


def _position(text: str | None) -> Position | None:
    if text is None:
        return None
    match = _POSITION.fullmatch(text)
    if match is None:
        raise SuspiciousOperation
    try:
        return Position(BEGINNING + int(match[1]) * MILLISECOND, match[2])
    except OverflowError:
        raise SuspiciousOperation from None


def _beside(request: HttpRequest, page: Page) -> dict[str, Any]:
    """Return the addresses of the pages beside this one."""
    return {
        name: _address(request, **{name: f"{(at.at - BEGINNING) // MILLISECOND}-{at.id}"}) if at else ""
        for name, at in (("older", page.older), ("newer", page.newer))
    }
