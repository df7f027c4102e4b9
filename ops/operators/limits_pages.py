"""/admin/limits/: every limit, what holds in its place for now, and how to set another for a time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from ops import clock
from ops.console import references
from ops.console.acting import staff
from ops.console.places import Place, register
from ops.console.reasons import ReasonForm
from ops.console.showing import NOTHING, Table, amount, when
from ops.limits import overrides, overriding
from ops.limits.overrides import Override
from ops.limits.overriding import LONGEST_TIME, LONGEST_WINDOW, MOST_CALLS, Wanted
from ops.limits.table import LIMITS, Limit

SEE, CHANGE = "ops.view_limitoverride", "ops.change_limits"
HOUR = timedelta(hours=1)
COLUMNS = ("operation", "counted by", "in the table", "holds now", "until", "set by", "")


class OverrideForm(ReasonForm):
    """How many calls, in how long, for how many hours, and why."""

    limit = forms.IntegerField(label="Calls", min_value=1, max_value=MOST_CALLS)
    window = forms.IntegerField(label="In so many seconds", min_value=1, max_value=LONGEST_WINDOW)
    hours = forms.IntegerField(
        label="For so many hours", min_value=1, max_value=LONGEST_TIME // HOUR, initial=1
    )


def enter() -> None:
    """Register the pages."""
    below = (("<str:operation>/", one_limit, "limit"),)
    register(Place("limits", "Limits", SEE, every_limit, below))


def every_limit(request: HttpRequest) -> HttpResponse:
    """List all operations with what holds for them."""
    held = {each.operation: each for each in overrides.stored(clock.now())}
    links = references.resolve(each.by for each in held.values())
    may = _may_change(request)
    rows = [_row(limit, held.get(operation), links, may=may) for operation, limit in LIMITS.items()]
    return _page(request, "admin/limits.html", "Limits", {"tables": [Table("Limits", COLUMNS, rows)]})


def one_limit(request: HttpRequest, operation: str) -> HttpResponse:
    """Show the form of one operation; a POST sets an override in place of the table's limit.

    Raises:
        Http404: there is no such operation.
        PermissionDenied: the user may only see.
    """
    if operation not in LIMITS:
        raise Http404
    if not _may_change(request):
        raise PermissionDenied
    form = OverrideForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _set(request, operation, form.cleaned_data)
    now = clock.now()
    held = overrides.stored_for(operation, now)
    limit = LIMITS[operation]
    form.fields["limit"].initial = held.most if held else limit.most
    form.fields["window"].initial = held.window if held else limit.window
    form.focus_first()
    context = {"form": form, "limit": limit, "held": held and _in_words(held.most, held.window)}
    return _page(request, "admin/limit.html", f"Override {operation}", context)


def _set(request: HttpRequest, operation: str, said: Mapping[str, Any]) -> HttpResponse:
    now = clock.now()
    until = now + said["hours"] * HOUR
    wanted = Wanted(operation, said["limit"], said["window"], until, said["reason"])
    made = overriding.set_override(wanted, actor=staff(request), now=now)
    told = format_html(
        "Set for {}: {} until {}. In force in every process within two seconds; it ends by itself.",
        *(operation, _in_words(made.most, made.window), when(made.until)),
    )
    messages.success(request, told)
    return HttpResponseRedirect(reverse("admin:limits"))


def _row(limit: Limit, held: Override | None, links: Mapping[str, str], *, may: bool) -> tuple[object, ...]:
    override = reverse("admin:limit", args=(limit.operation,))
    return (
        limit.operation,
        limit.key,
        _in_words(limit.most, limit.window),
        _in_words(held.most, held.window) if held else "the table's",
        when(held.until) if held else NOTHING,
        links.get(held.by, held.by) if held else NOTHING,
        format_html('<a href="{}" aria-label="Override {}">Override…</a>', override, limit.operation)
        if may
        else NOTHING,
    )


def _in_words(most: int, window: int) -> str:
    return f"{amount(most)} in {amount(window)} s"


def _may_change(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm(CHANGE))


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    every = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, every)
