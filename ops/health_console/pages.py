"""/admin/health/: what doctor last saw, what explains what, what was changed, and how the last day was."""

from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from ops import clock
from ops.console.showing import NOTHING, Table, plain, when
from ops.doctor import changes, recording, registry
from ops.doctor.fixes.fix import Fix
from ops.doctor.runner import begin
from ops.health_console import links, pictures
from ops.health_console.pictures import History
from ops.jobs import wellbeing
from ops.jobs.wellbeing import Picture
from ops.logs import logger
from ops.mongo.collections import Document
from ops.runbook.pages import Page

# Within a request's time; each check has less.
LOOK_SECONDS = 2.2
log = logger(__name__)


@dataclass(frozen=True)
class Cause:
    """A finding that nothing explains, with what it explains and what would mend it; with their badges."""

    finding: Document
    badge: str
    last_ok: str
    symptoms: Sequence[tuple[Document, str]]
    section: str
    fixes: Sequence[tuple[str, Fix]]


def health(request: HttpRequest) -> HttpResponse:
    """Show the board; a POST looks first."""
    if request.method == "POST":
        return _look(request)
    now, seen, known = clock.now(), recording.latest(), links.sections()
    day = recording.since(now - pictures.PERIOD)
    drawn = pictures.histories(day, [each.name for each in registry.checks()], now)
    context = {
        **admin.site.each_context(request),
        "title": "Health",
        "seen": seen,
        "badge": badge(seen and seen["result"]),
        "looked": when(seen["at"]) if seen else "",
        "age": _age(now - seen["at"]) if seen else "",
        "silence": _silence(now) if recording.is_stale(seen, now) else [],
        "causes": _causes(seen, known, drawn) if seen else [],
        "tables": [_changed(now), _checks(seen, known, drawn)],
    }
    return TemplateResponse(request, "admin/health.html", context)


def _look(request: HttpRequest) -> HttpResponse:
    """Run the checks in this process, which tells of the jobs, too, when they are not done."""
    looking = begin("now", partial(recording.look, clock.now()))
    try:
        looking.result(LOOK_SECONDS)
    except LateError:
        messages.warning(request, "Doctor still looks: open this page again in a moment.")
    except Exception as error:  # noqa: BLE001  # it cannot look at all: the page says so, and the log why
        log.warning("doctor could not look", cause=type(error).__name__)
        messages.error(request, "Doctor could not look: what it saw could not be kept.")
    else:
        messages.success(request, "Doctor has looked just now.")
    return HttpResponseRedirect(request.path)


def _silence(now: datetime) -> list[str]:
    """Return who should have looked, and when they were last seen."""
    seen = wellbeing.picture()
    return [_sign_of_life(seen, role, now) for role in wellbeing.ROLES]


def _sign_of_life(seen: Picture, role: str, now: datetime) -> str:
    last = seen.last_seen(role)
    if seen.living(role):
        return f"The {role} lives."
    if last is None:
        return f"No {role} was ever seen."
    return f"No {role} lives; the last one was seen {_age(now - last['seen_at'])} ago, on {last['host']}."


def _causes(seen: Document, known: dict[int, Page], drawn: Mapping[str, History]) -> list[Cause]:
    return [
        Cause(
            finding,
            badge(finding["result"]),
            _last_ok(drawn.get(finding["name"])),
            [(each, badge(each["result"])) for each in symptoms],
            links.section(finding["section"], known),
            [
                (links.fix(each.name), each)
                for each in links.fixes_for([finding["name"], *(other["name"] for other in symptoms)])
            ],
        )
        for finding, symptoms in recording.causes(seen)
    ]


def _last_ok(history: History | None) -> str:
    return when(history.last_ok) if history and history.last_ok else "not in the last 24 hours"


def _changed(now: datetime) -> Table:
    rows = [(when(each.at), each.what, plain(each.who)) for each in changes.recent(now, changes.LATELY)]
    return Table(
        "What was changed in the last hour",
        ("time", "what", "by"),
        rows,
        empty="Nothing that is recorded: no start, no setting, nothing that operators did.",
    )


def _checks(seen: Document | None, known: dict[int, Page], drawn: Mapping[str, History]) -> Table:
    results = seen["results"] if seen else {}
    rows = [
        (
            check.name,
            badge(results.get(check.name)),
            drawn[check.name].drawn(),
            when(drawn[check.name].last_ok),
            check.title,
            links.number(check.section, known),
        )
        for check in registry.checks()
    ]
    head = ("check", "last result", "last 24 hours", "last ok", "well means", "section")
    return Table("All checks", head, rows)


def badge(result: Any) -> str:
    """Return a result to be seen and read; nothing where there is none."""
    if result is None:
        return NOTHING
    return format_html('<span class="result {}">{}</span>', result, pictures.WORDS[result])


def _age(span: timedelta) -> str:
    """Return a time span in words, in the largest unit that says enough."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "0 seconds"
