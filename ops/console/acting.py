"""Acting on documents: choose, be told what will happen, say why, be told what became of it.

All of it is a POST to the list, or to the page of the document, from which it was asked for. The way back is
the same address, and a sign-in in between leads there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.text import capfirst

from ops.actors import Actor, ActorKind
from ops.console import finding
from ops.console.actions import ConfirmedAction
from ops.console.outcomes import Outcome, Result
from ops.console.reasons import ReasonForm
from ops.console.showing import Table
from ops.errors import NotFoundError
from ops.second_factor import CONFIRMING_PAGE
from ops.web.browsing import with_second_factor
from ops.web.callers import anonymous

MOST_CHOSEN = 100
LEVELS = {
    Result.DONE: messages.SUCCESS,
    Result.UNCHANGED: messages.INFO,
    Result.REFUSED: messages.ERROR,
    Result.UNKNOWN: messages.WARNING,
}


class ActingPage(Protocol):
    """What is asked of the pages of a collection; ``ConsoleAdmin`` has it."""

    opts: Any
    admin_site: Any

    def confirmed_actions(self, request: HttpRequest) -> Mapping[str, ConfirmedAction]:
        """Return what the user may do, by name."""

    def has_view_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may see the documents."""

    def chosen(self, ids: Sequence[str]) -> Mapping[str, Any]:
        """Return those documents that there are, by id, in the order of the ids."""

    def linked(self, document: Any) -> str:
        """Return a link to the page of a document."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks for: which action of which page, on what; ``found`` in the order of ``ids``."""

    page: ActingPage
    request: HttpRequest
    name: str
    action: ConfirmedAction
    ids: Sequence[str]
    found: Mapping[str, Any]

    def link(self, identifier: str) -> str:
        """Return a link to a chosen document, or the bare id of what is not there."""
        found = self.found.get(identifier)
        return identifier if found is None else self.page.linked(found)


def staff(request: HttpRequest) -> Actor:
    """Return who acts in the console."""
    user: Any = request.user
    session: Any = request.session
    who = replace(
        anonymous(request),
        kind=ActorKind.STAFF,
        id=user.pk,
        name=user.get_username(),
        permissions=frozenset(user.get_all_permissions()),
        session_id=session.document_id,
        in_console=True,
    )
    return with_second_factor(who, request)


def on_list(page: ActingPage, request: HttpRequest) -> HttpResponse:
    """Answer a form that was sent from a list."""
    offered, name = page.confirmed_actions(request), request.POST.get("action", "")
    ids = _cleaned(request.POST.getlist(ACTION_CHECKBOX_NAME))
    if not page.has_view_permission(request) or not offered:
        raise PermissionDenied
    if not name or not ids:
        messages.warning(request, "Choose what to do, and what to do it to. Nothing was changed.")
        return HttpResponseRedirect(request.get_full_path())
    if len(ids) > MOST_CHOSEN:
        text = f"{len(ids)} are chosen; at most {MOST_CHOSEN} are possible at a time. Nothing was changed."
        messages.error(request, text)
        return HttpResponseRedirect(request.get_full_path())
    return answer(page, request, name, ids)


def on_document(page: ActingPage, request: HttpRequest, identifier: str) -> HttpResponse:
    """Answer a button of a document's page."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    return answer(page, request, request.POST.get("action", ""), _cleaned([identifier]))


def buttons(page: ActingPage, request: HttpRequest, document: Any) -> list[tuple[str, str]]:
    """Return name and label of what there is to do to a document."""
    offered, actor = page.confirmed_actions(request), staff(request)
    return [(name, action.one) for name, action in offered.items() if action.is_offered(document, actor)]


def _cleaned(ids: Iterable[str]) -> list[str]:
    return [each for each in dict.fromkeys(map(finding.cleaned, ids)) if each]


def answer(page: ActingPage, request: HttpRequest, name: str, ids: Sequence[str]) -> HttpResponse:
    """Ask for the reason; once it is there, act and tell."""
    action = page.confirmed_actions(request).get(name)
    if action is None or (action.of_one and len(ids) > 1):
        raise PermissionDenied
    asked = Asked(page, request, name, action, ids, page.chosen(ids))
    if not asked.found:
        raise Http404
    actor = staff(request)
    if (confirming := second_factor_first(request, action, actor)) is not None:
        return confirming
    foreseen = {pk: action.foreseen(document, actor) for pk, document in asked.found.items()}
    sent = request.POST if "confirmed" in request.POST else None
    form = action.asks(sent, chosen=list(asked.found.values()))
    if not form.is_valid():
        return _asking(asked, foreseen, form)
    return _told(asked, _done(asked, foreseen, actor, form.cleaned_data))


def second_factor_first(request: HttpRequest, action: ConfirmedAction, actor: Actor) -> HttpResponse | None:
    """Lead to where a second factor is shown anew, if the action asks for it; ``None``: there is no need."""
    if not (action.asks_second_factor and actor.has_second_factor and not actor.confirmation):
        return None
    messages.info(request, f"{action.one}: now choose it again. Nothing was changed yet.")
    return HttpResponseRedirect(f"{CONFIRMING_PAGE}?next={request.path}")


def _done(
    asked: Asked, foreseen: Mapping[str, Outcome], actor: Actor, said: Mapping[str, Any]
) -> Mapping[str, Outcome]:
    """Act on what there is something to do to; returns what became of each of the documents."""
    nothing = {pk: each for pk, each in foreseen.items() if each.result == Result.UNCHANGED}
    chosen = [document for pk, document in asked.found.items() if pk not in nothing]
    outcomes = asked.action.act(asked.page, chosen, actor, **said) if chosen else ()
    return {**nothing, **{each.document.pk: each for each in outcomes}}


def _asking(asked: Asked, foreseen: Mapping[str, Outcome], form: ReasonForm) -> HttpResponse:
    lines = _lines(asked, foreseen)
    form.focus_first()
    context = {
        "form": form,
        "name": asked.name,
        "ids": asked.ids,
        "chosen_as": ACTION_CHECKBOX_NAME,
        "changing": sum(each.result == Result.DONE for each in lines.values()),
        "tables": [table(asked, lines, "What will happen", ahead=True)],
    }
    return shown(asked, "admin/confirm.html", context)


def _told(asked: Asked, outcomes: Mapping[str, Outcome]) -> HttpResponse:
    """Tell of one document on the page it was asked from, and of several on a page of their own."""
    lines = _lines(asked, outcomes)
    if len(lines) == 1:
        ((identifier, line),) = lines.items()
        told = format_html("{} {}: {}.", asked.action.one, asked.link(identifier), line.result)
        messages.add_message(asked.request, LEVELS[line.result], format_html("{} {}", told, line.sentence))
        return HttpResponseRedirect(asked.request.get_full_path())
    results = [line.result for line in lines.values()]
    counts = [(str(each), results.count(each)) for each in Result if each in results]
    context = {"counts": counts, "tables": [table(asked, lines, "What became of it", ahead=False)]}
    return shown(asked, "admin/outcomes.html", context)


def _lines(asked: Asked, outcomes: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
    """Return a line for each chosen id, in their order, also for what is not there."""
    missing = Outcome(None, Result.REFUSED, NotFoundError().message)
    return {identifier: outcomes.get(identifier, missing) for identifier in asked.ids}


def table(asked: Asked, lines: Mapping[str, Outcome], title: str, *, ahead: bool) -> Table:
    """Return the lines as a table; ``ahead``: of what is not done yet."""
    rows = [
        (asked.link(identifier), badge(line.result, ahead=ahead), line.sentence)
        for identifier, line in lines.items()
    ]
    note = "what that means" if ahead else "note"
    return Table(title, (str(asked.page.opts.verbose_name), "result", note), rows)


def badge(result: Result, *, ahead: bool = False) -> str:
    """Return a result as a mark; ``ahead``: of what is not done yet."""
    word = "change" if ahead and result == Result.DONE else result
    return format_html('<span class="result {}">{}</span>', result, word)


def shown(asked: Asked, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """Return a page about what is asked for."""
    opts, many = asked.page.opts, len(asked.ids) > 1
    every = {
        **asked.page.admin_site.each_context(asked.request),
        "title": asked.action.label if many else asked.action.one,
        "subtitle": None if many else asked.link(asked.ids[0]),
        "opts": opts,
        "chosen": f"{len(asked.ids)} {opts.verbose_name_plural if many else opts.verbose_name}",
        "back": asked.request.get_full_path(),
        "where": capfirst(str(opts.verbose_name_plural)),
        **context,
    }
    return TemplateResponse(asked.request, template, every)
