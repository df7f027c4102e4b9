"""Acting on all that a list's search and filters leave, on its other pages, too: in the background.

Few documents are acted on at once, as if each had been chosen. For more, the page tells what will happen, by
effect, and the first of them; once the reason is there, the ids are taken, and a run does it (``ops.runs``).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ops import clock
from ops.console import acting
from ops.console.acting import MOST_CHOSEN, Asked, staff
from ops.console.outcomes import Outcome, Result
from ops.console.reasons import ReasonForm
from ops.console.showing import Table, amount
from ops.ids import new_id
from ops.runs import records
from ops.runs.records import MOST, Wanted

# The boxes of the forms: everything that is left is meant; so many it was when the page told of it.
EVERY, COUNTED = "every", "counted"
# The id that the run will have, so that a second click of the button begins no second one.
RUN = "run"
RUN_ID = re.compile(r"run_[0-9a-f]{30}")
MOST_FORESEEN = 1000
NOTHING = "Nothing was changed."


@dataclass(frozen=True)
class _All:
    """All that is left: ids in the order of the list; ``asked``: about the first of them."""

    ids: Sequence[str]
    asked: Asked

    @property
    def is_cut(self) -> bool:
        """Whether not all of them were looked at."""
        return len(self.ids) > len(self.asked.ids)


def on_all_left(page: Any, request: HttpRequest) -> HttpResponse:
    """Answer a form of a list that means all that is left in it.

    Raises:
        PermissionDenied: who asks may not see the documents, or not do that to them.
        SuspiciousOperation: no link of ours has these parameters.
        ConflictError: the form names a run of somebody else.
    """
    offered, name = page.confirmed_actions(request), request.POST.get("action", "")
    if not page.has_view_permission(request) or not offered:
        raise PermissionDenied
    if not name:
        return _back(request, f"Choose what to do. {NOTHING}")
    action = offered.get(name)
    if action is None or action.of_one:
        raise PermissionDenied
    if (run_id := _intent(request)) and records.is_begun(run_id, staff(request)):
        return HttpResponseRedirect(reverse("admin:run", args=(run_id,)))
    ids = ids_left(page, request)
    if not ids:
        return _back(request, f"Nothing is left to do it to. {NOTHING}")
    if len(ids) > MOST:
        text = (
            f"More than {amount(MOST)} are left; so many are possible at a time. Filter the list. {NOTHING}"
        )
        return _back(request, text)
    if len(ids) <= MOST_CHOSEN:
        return acting.answer(page, request, name, ids)
    first = ids[:MOST_FORESEEN]
    return _answer(_All(ids, Asked(page, request, name, action, first, page.chosen(first))))


def ids_left(page: Any, request: HttpRequest) -> list[str]:
    """Return the ids of what search and filters leave, in the order of the list; at most ``MOST`` and one.

    Raises:
        SuspiciousOperation: no link of ours has these parameters.
    """
    try:
        listed = page.get_changelist_instance(request)
    except IncorrectLookupParameters:
        raise SuspiciousOperation from None
    return list(listed.queryset.values_list("pk", flat=True)[: MOST + 1])


def _answer(every: _All) -> HttpResponse:
    """Ask for the reason; once it is there, and no more is left than was told of, start the run."""
    asked = every.asked
    request, action, actor = asked.request, asked.action, staff(asked.request)
    if (confirming := acting.second_factor_first(request, action, actor)) is not None:
        return confirming
    sent = request.POST if "confirmed" in request.POST else None
    form = action.asks(sent, chosen=list(asked.found.values()))
    if not form.is_valid():
        return _asking(every, form)
    if len(every.ids) > _told_of(request):
        messages.warning(request, f"There are more by now: look at it again. {NOTHING}")
        return _asking(every, form)
    run_id = records.start(
        _wanted(asked, form), every.ids, actor=actor, now=clock.now(), run_id=_intent(request)
    )
    messages.success(request, "It is begun, and goes on whether you look or not.")
    return HttpResponseRedirect(reverse("admin:run", args=(run_id,)))


def _wanted(asked: Asked, form: ReasonForm) -> Wanted:
    """Return what the run is to do; what was typed is taken again at each batch, so it is kept as it was."""
    action = asked.action
    said = {name: asked.request.POST[name] for name in form.fields if name in asked.request.POST}
    reason = form.cleaned_data["reason"]
    return Wanted(asked.page.opts.label_lower, asked.name, action.label, action.permission, said, reason)


def _asking(every: _All, form: ReasonForm) -> HttpResponse:
    form.focus_first()
    asked, actor = every.asked, staff(every.asked.request)
    missing = Outcome(None, Result.REFUSED, "It is gone.")
    foreseen = {
        each: asked.action.foreseen(asked.found[each], actor) if each in asked.found else missing
        for each in asked.ids
    }
    lines = {each: foreseen[each] for each in asked.ids[:MOST_CHOSEN]}
    changing = sum(each.result == Result.DONE for each in foreseen.values())
    context = {
        "form": form,
        "name": asked.name,
        "every": {EVERY: "1", COUNTED: str(len(every.ids)), RUN: new_id("run")},
        "chosen": f"all {amount(len(every.ids))} {asked.page.opts.verbose_name_plural} that are left",
        "changing": amount(changing) if changing else 0,
        "looked_at": amount(len(asked.ids)) if every.is_cut else "",
        "tables": [_effects(foreseen)],
        "below": [acting.table(asked, lines, f"The first {len(lines)}", ahead=True)],
    }
    return acting.shown(asked, "admin/confirm.html", context)


def _effects(foreseen: Mapping[str, Outcome]) -> Table:
    """Return how many documents each effect is of, the most frequent first."""
    counted = Counter((each.result, each.sentence) for each in foreseen.values())
    rows = [
        (acting.badge(result, ahead=True), sentence, amount(count))
        for (result, sentence), count in counted.most_common(MOST_CHOSEN)
    ]
    return Table("What will happen", ("result", "what that means", "documents"), rows)


def _told_of(request: HttpRequest) -> int:
    text = request.POST.get(COUNTED, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(MOST)) + 1 else 0


def _intent(request: HttpRequest) -> str | None:
    text = request.POST.get(RUN, "")
    return text if RUN_ID.fullmatch(text) else None


def _back(request: HttpRequest, text: str) -> HttpResponse:
    messages.warning(request, text)
    return HttpResponseRedirect(request.get_full_path())
