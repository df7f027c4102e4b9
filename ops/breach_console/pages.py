"""/admin/breach-scope/: whose acts have touched what, from the audit log.

What was read stands in the lines of the log, which a web process has not: the command reads them.
"""

import shlex
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ops.breach import scope
from ops.breach.asking import UnclearError, wanted
from ops.breach.scope import Scope
from ops.breach.searching import Wanted
from ops.console import references
from ops.console.showing import Table, when

# What the form asks, by the names of ``Wanted``: label, and what is typed there.
FIELDS = {
    "since": ("Since", "2026-11-26T03:00Z"),
    "until": ("Until", "up to now"),
    "actor": ("Actor", "user_…"),
    "network": ("Address or network", "192.0.2.0/24"),
    "session": ("Session", "ses_…"),
    "token": ("Permanent token", "tok_…"),
    "request_id": ("Request", ""),
}
OPTIONS = {"network": "address", "request_id": "request"}
SHOWN = 200


def breach_scope(request: HttpRequest) -> HttpResponse:
    """Ask whose acts, and show what they touched."""
    typed = {name: request.GET.get(name, "").strip()[:200] for name in FIELDS}
    context = {**admin.site.each_context(request), "title": "Breach scope", "fields": _fields(typed)}
    if any(typed.values()):
        try:
            asked = wanted(typed)
        except UnclearError as error:
            context["unclear"] = str(error)
        else:
            found = scope.find(asked, None, follow="follow" in request.GET)
            context |= {"scope": found, "tables": _tables(found), "command": _command(typed)}
    context["follow"] = "follow" in request.GET
    return TemplateResponse(request, "admin/breach_scope.html", context)


def _fields(typed: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "label": label, "hint": hint, "value": typed[name]}
        for name, (label, hint) in FIELDS.items()
    ]


def _command(typed: dict[str, str]) -> str:
    """Return the line that tells what was read, too."""
    given = [(OPTIONS.get(name, name), typed[name]) for name in Wanted._fields if typed[name]]
    words = [f"--{name} {shlex.quote(value)}" for name, value in given]
    return f".venv/bin/python manage.py breach_scope {' '.join(words)}"


def _tables(found: Scope) -> list[Table]:
    named = {*found.families, *found.accounts, *found.persons, *(each.target for each in found.ways)}
    links = references.resolve(named)
    touched = [
        (title, references.links(links.get(each, each) for each in sorted(ids)[:SHOWN]), len(ids))
        for title, ids in (
            ("families", found.families),
            ("accounts", found.accounts),
            ("persons", found.persons),
        )
    ]
    changed = [
        (name, len(ids), ", ".join(sorted(found.fields.get(name, ()))))
        for name, ids in sorted(found.documents.items())
    ]
    return [
        Table("Touched", ("what", "which", "number"), touched),
        Table("Changed", ("collection", "documents", "fields"), changed, empty="Nothing was changed."),
        Table(
            f"Tokens: {found.moved:,} moved",
            ("time", "transaction", "kind", "tokens"),
            [(when(each.at), each.id, each.kind, f"{each.total:,}") for each in found.movements[:SHOWN]],
        ),
        Table(
            "Ways in that were made",
            ("time", "what", "which", "by"),
            [
                (when(each.at), each.what, links.get(each.target, each.target), each.actor)
                for each in found.ways[:SHOWN]
            ],
        ),
        Table("Seen", ("what", "which", "changes"), _seen(found)),
    ]


def _seen(found: Scope) -> list[tuple[Any, ...]]:
    return [
        (name, value, count)
        for name, kept in sorted(found.seen.items())
        if name != "requests"
        for value, count in kept.most_common(SHOWN)
    ]
