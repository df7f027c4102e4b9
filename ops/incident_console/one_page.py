"""/admin/incidents/<id>/: an incident whole: how it is, what is to be done, what was seen, what happened."""

from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join

from ops import clock
from ops.console import references
from ops.console.acting import staff
from ops.console.showing import minute, when
from ops.contacts import people
from ops.health_console import links
from ops.incident_console import sections, wording
from ops.incident_console.act_pages import found
from ops.incident_console.acts import offered
from ops.incidents import clocks, escalating, green
from ops.incidents.kinds import State
from ops.mongo.collections import Document

# They ask for nothing, so their button does it at once.
AT_ONCE = frozenset({"acknowledge", "hide"})


def one(request: HttpRequest, incident_id: str) -> HttpResponse:
    """Show an incident.

    Raises:
        Http404: there is none of this id, or the caller may not know of it.
    """
    actor, now = staff(request), clock.now()
    incident = found(actor, incident_id)
    is_over = incident["state"] == State.RESOLVED
    acts = [each for each in offered(incident, actor) if not each.stands_aside]
    context = {
        **admin.site.each_context(request),
        "title": incident["title"],
        "incident": incident,
        "identifier": incident["_id"],
        "severity": wording.severity(incident),
        "state": wording.state(incident),
        "clocks": clocks.running(incident, now),
        "facts": _facts(incident, now),
        "at_once": [each for each in acts if each.name in AT_ONCE],
        "acts": [each for each in acts if each.name not in AT_ONCE],
        "is_over": is_over,
        "obstacles": [] if is_over else green.obstacles(incident, now),
        "tables": sections.every(incident, actor, now),
    }
    return TemplateResponse(request, "admin/incident.html", context)


def _facts(incident: Document, now: datetime) -> list[tuple[str, str]]:
    """Return what stands at the top: who did what when, and who was told."""
    names = references.resolve(incident[f"{each}_by"] for each in ("opened", "acknowledged", "resolved"))
    facts: list[tuple[str, str]] = [
        ("Opened", _moment(incident, "opened", names)),
        ("Acknowledged", _moment(incident, "acknowledged", names)),
        ("Resolved", _moment(incident, "resolved", names)),
        ("Open for", wording.age(incident, now)),
        ("Told", _told(incident)),
    ]
    if incident["resolution"]:
        facts.append(("What mended it", incident["resolution"]))
    if incident["section"]:
        facts.append(("Runbook", links.section(incident["section"], links.sections())))
    if incident["investigate_on"]:
        facts.append(("Search planned for", incident["investigate_on"]))
    if incident["notice"]:
        facts.append(("Authorities", _notice(incident["notice"])))
    return facts


def _moment(incident: Document, what: str, names: dict[str, str]) -> str:
    """Return when something was done, and by whom."""
    at = incident[f"{what}_at"]
    return _words(when(at), "by", wording.person(incident[f"{what}_by"], names)) if at else "not yet"


def _told(incident: Document) -> str:
    """Return who was called by now, and who is called next."""
    line = [each.title for each in people.to_tell(incident["kind"])]
    level = min(incident["level"], escalating.last_level(incident["kind"]))
    told = f"{', '.join(line[: level + 1])} (level {level})"
    waits = incident["state"] == State.OPEN and level + 1 < len(line)
    if not waits:
        return told
    return f"{told}; {line[level + 1]} next, {minute(incident['acknowledge_by'], day=False)}"


def _notice(notice: Document) -> str:
    if notice["sent_at"]:
        return _words("told", when(notice["sent_at"]))
    return _words("to be told by", when(notice["due_at"]), "since it is known from", when(notice["known_at"]))


def _words(*words: str) -> str:
    return format_html_join(" ", "{}", ((each,) for each in words))
