"""/admin/runbook/: the runbook's pages, with what doctor last saw of them and the fixes that belong there."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from ops import clock
from ops.console.showing import NOTHING, Table, when
from ops.doctor import recording
from ops.doctor import registry as checks
from ops.doctor.fixes import registry as fixes
from ops.health_console import links, prose
from ops.health_console.pages import badge
from ops.mongo.collections import Document
from ops.runbook import pages
from ops.runbook.pages import Kind, Step

# What to know before typing it, by kind; what changes something says itself what it can break.
KINDS = {
    Kind.LOOK: "looks",
    Kind.CHANGE: "changes something",
    Kind.ENDLESS: "has no end",
    Kind.PLACEHOLDER: "not to be typed as it stands",
}


def contents(request: HttpRequest) -> HttpResponse:
    """List the pages, and how each section is."""
    seen = recording.latest()
    rows = [
        (
            links.section(number, {number: page}),
            badge(_worst(seen, number)),
            len(page.steps),
            ", ".join(each.name for each in fixes.fixes(number)) or NOTHING,
        )
        for number, page in sorted({page.number: page for page in pages.all_pages()}.items())
    ]
    table = Table("Sections", ("section", "doctor", "steps", "fixes"), rows, empty="There are no pages.")
    context = {**admin.site.each_context(request), "title": "Runbook", "tables": [table]}
    return TemplateResponse(request, "admin/runbook.html", context)


def one_page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a page.

    Raises:
        Http404: there is none of this number.
    """
    page = pages.page(number)
    if page is None:
        raise Http404
    seen, now = recording.latest(), clock.now()
    text = (pages.FOLDER / f"{page.number:02}-{page.name}.md").read_text()
    context = {
        **admin.site.each_context(request),
        "title": f"{page.number}. {page.title}",
        "page": page,
        "text": prose.shown(text, page.steps, _shown),
        "looked": when(seen["at"]) if seen else "",
        "stale": recording.is_stale(seen, now),
        "tables": [_checks(seen, number)],
        "fixes": [(links.fix(each.name), each) for each in fixes.fixes(number)],
    }
    return TemplateResponse(request, "admin/runbook_page.html", context)


def _shown(step: Step) -> str:
    danger = prose.inline(step.danger) if step.danger else ""
    told = {"step": step, "kind": KINDS[step.kind], "danger": danger}
    return render_to_string("admin/runbook_step.html", told)


def _checks(seen: Document | None, number: int) -> Table:
    results: dict[str, Any] = seen["results"] if seen else {}
    unwell = {each["name"]: each for each in seen["unwell"]} if seen else {}
    rows = [
        (
            check.name,
            badge(results.get(check.name)),
            "; ".join(unwell[check.name]["evidence"]) if check.name in unwell else check.title,
        )
        for check in checks.checks(number)
    ]
    title = "What doctor last saw of this section"
    return Table(title, ("check", "result", "evidence"), rows, empty="No check looks at this section.")


def _worst(seen: Document | None, number: int) -> str | None:
    """Return the worst result of a section; ``None``: nobody looked at it."""
    results: dict[str, str] = seen["results"] if seen else {}
    found = [results[check.name] for check in checks.checks(number) if check.name in results]
    return next((each for each in recording.WORST if each in found), None)
