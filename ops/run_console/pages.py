"""/admin/runs/: which runs there are, how far each is, what became of its documents; stop and resume."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from ops import clock
from ops.actors import Actor
from ops.console import acting, references
from ops.console.acting import staff
from ops.console.idle import REFRESHED
from ops.console.outcomes import Outcomes, Result
from ops.console.showing import Table, amount, when
from ops.errors import NotFoundError
from ops.mongo.collections import Document
from ops.run_console import doing
from ops.run_console.rights import may_see
from ops.runs import records
from ops.runs.records import BATCH
from ops.runs.states import State

HEAD = ("started", "what", "by", "state", "progress", "done", "not done")
REFRESH_SECONDS = 3
# Parameters: the page shall not come anew by itself; one part of the documents.
STILL, PART = "still", "part"


def listed(request: HttpRequest) -> HttpResponse:
    """Show the newest runs that the user may see."""
    actor = staff(request)
    seen = [each for each in records.newest() if may_see(actor, each)]
    context = {
        **admin.site.each_context(request),
        "title": "Runs",
        "at_list": True,
        "tables": [table("Runs, the newest first", seen)],
    }
    return TemplateResponse(request, "admin/runs.html", context)


def table(title: str, runs: Sequence[Document]) -> Table:
    """Return runs as a table."""
    return Table(title, HEAD, [_row(each) for each in runs])


def one(request: HttpRequest, run_id: str) -> HttpResponse:
    """Show a run; while it runs, the page comes anew by itself.

    Raises:
        Http404: there is none of this id that the user may see.
    """
    run, address = _found(staff(request), run_id), reverse("admin:run", args=(run_id,))
    moves, number = run["state"] == State.RUNNING, _part(request)
    refreshes = moves and number is None and STILL not in request.GET
    context = {
        **admin.site.each_context(request),
        "title": run["label"],
        "subtitle": _plural(run),
        "run": run,
        "address": address,
        "refreshes": refreshes,
        "moves": moves,
        "progress": _progress(run),
        "is_stopped": run["state"] == State.STOPPED,
        "facts": _facts(run),
        "tables": [_counts(run), *_lines(request, run, number)],
        **_beside(run, number),
    }
    answer = TemplateResponse(request, "admin/run.html", context)
    if refreshes:
        answer["Refresh"] = f"{REFRESH_SECONDS}; url={address}?{REFRESHED}=1"
    return answer


def act(request: HttpRequest, run_id: str, name: str) -> HttpResponse:
    """Stop a run, or resume it.

    Raises:
        Http404: there is none of this id that the user may see, or nothing of this name to be done to it.
    """
    actor = staff(request)
    if name not in ACTS:
        raise Http404
    run = _found(actor, run_id)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:run", args=(run_id,)))  # a sign-in in between leads here
    do, told = ACTS[name]
    (outcome,) = Outcomes.of([run], lambda each: do(each, actor))
    well = outcome.result == Result.DONE
    messages.add_message(request, acting.LEVELS[outcome.result], told if well else outcome.sentence)
    return HttpResponseRedirect(reverse("admin:run", args=(run_id,)))


def _stop(run: Document, actor: Actor) -> None:
    records.stop(run["_id"], f"Stopped by {actor.name}.", actor=actor, now=clock.now())


def _resume(run: Document, actor: Actor) -> None:
    records.resume(run["_id"], actor=actor, now=clock.now())


ACTS: Mapping[str, tuple[Callable[[Document, Actor], None], str]] = {
    "stop": (_stop, "It is stopped: what is at work is ended, and nothing more is begun."),
    "resume": (_resume, "It goes on with what is left."),
}


def _found(actor: Actor, run_id: str) -> Document:
    try:
        run = records.find(run_id)
    except NotFoundError:
        raise Http404 from None
    if not may_see(actor, run):
        raise Http404
    return run


def _row(run: Document) -> Sequence[object]:
    counts = run["counts"]
    amiss = sum(counts.get(each, 0) for each in (Result.REFUSED, Result.UNKNOWN))
    words = f"{run['label']}: {_plural(run)}"
    return (
        when(run["started_at"]),
        format_html('<a href="{}">{}</a>', reverse("admin:run", args=(run["_id"],)), words),
        run["by"]["name"],
        run["state"],
        _progress(run),
        amount(counts.get(Result.DONE, 0)),
        amount(amiss),
    )


def _progress(run: Document) -> str:
    return f"{amount(run['position'])} of {amount(run['total'])}"


def _plural(run: Document) -> str:
    page = doing.page_of(run)
    return f"{amount(run['total'])} {page.opts.verbose_name_plural if page else 'documents'}"


def _facts(run: Document) -> Sequence[tuple[str, object]]:
    """Return what the head of the page says: names and values."""
    stopped, by = run["stopped"], run["by"]
    who = references.resolve([by["id"]]).get(by["id"], by["name"])
    facts: list[tuple[str, object]] = [
        ("State", run["state"]),
        ("Started", format_html("{} by {}", when(run["started_at"]), who)),
        ("Reason", run["said"].get("reason", "")),
    ]
    if stopped:
        facts.append(("Stopped", format_html("{}: {}", when(stopped["at"]), stopped["why"])))
    if run["over_at"]:
        facts.append(("Over", when(run["over_at"])))
    return facts


def _counts(run: Document) -> Table:
    rows = [(acting.badge(each), amount(run["counts"].get(each, 0))) for each in Result]
    rows.append(("waiting", amount(run["total"] - run["position"])))
    return Table("What became of them", ("result", "documents"), rows)


def _lines(request: HttpRequest, run: Document, number: int | None) -> Sequence[Table]:
    """Return a part with its outcomes, or, if none is asked for, the first that somebody should look at."""
    head = ("document", "result", "note")
    if number is None:
        rows = _rows(request, run, [(each["id"], each) for each in run["first"]])
        return [Table("Not done, the first of them", head, rows, empty="None.")]
    part = records.part(run["_id"], number)
    if part is None:
        raise Http404
    done = list(part["outcomes"])
    outcomes = [*done, *([None] * (len(part["ids"]) - len(done)))]
    rows = _rows(request, run, list(zip(part["ids"], outcomes, strict=True)))
    first = number * BATCH
    return [Table(f"Documents {amount(first + 1)} to {amount(first + len(rows))}", head, rows)]


def _rows(
    request: HttpRequest, run: Document, lines: Sequence[tuple[str, Document | None]]
) -> list[Sequence[object]]:
    links, page = {}, doing.page_of(run)
    if page is not None and page.has_view_permission(request):
        found = page.chosen([each for each, _ in lines])
        links = {each: page.linked(document) for each, document in found.items()}
    return [
        (
            links.get(each, each),
            acting.badge(Result(line["result"])) if line else "waiting",
            line["sentence"] if line else "",
        )
        for each, line in lines
    ]


def _part(request: HttpRequest) -> int | None:
    text = request.GET.get(PART)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(records.MOST))):
        raise SuspiciousOperation
    return int(text)


def _beside(run: Document, number: int | None) -> dict[str, Any]:
    """Return the parts that there are, and those beside the one that is shown."""
    last = (run["total"] - 1) // BATCH
    if number is None:
        return {"all_lines": f"?{PART}=0"}
    return {
        "earlier": f"?{PART}={number - 1}" if number > 0 else "",
        "later": f"?{PART}={number + 1}" if number < last else "",
        "is_part": True,
    }
