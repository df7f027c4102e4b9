"""/admin/runbook/fix/<name>/: what a fix would do, and, after a reason, what it has done."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from ops import clock
from ops.actors import Actor
from ops.console import references
from ops.console.acting import staff
from ops.console.outcomes import Outcome, Outcomes, Result, sentence_of
from ops.console.reasons import ReasonForm
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import Fix, Given, Lines
from ops.errors import DomainError
from ops.health_console import links
from ops.second_factor import CONFIRMING_PAGE

LONGEST = 200  # characters of what a fix is told
WIDGET = {"autocomplete": "off", "spellcheck": "false"}


class OptionsForm(forms.Form):
    """What a fix must be told, or may be."""

    def __init__(self, fix: Fix, data: Any) -> None:
        """Take what was sent; ``None``: nothing yet."""
        super().__init__(data)
        for option in fix.options:
            self.fields[option.name] = forms.CharField(
                label=option.name,
                required=option.required,
                max_length=LONGEST,
                help_text=option.help,
                widget=forms.TextInput(attrs=WIDGET),
            )

    @property
    def given(self) -> Given:
        """What was typed, by name."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def fix(request: HttpRequest, name: str) -> HttpResponse:
    """Show what a fix would do; a POST applies it.

    Raises:
        Http404: there is none of this name.
    """
    found = registry.find(name)
    if found is None:
        raise Http404
    return _apply(request, found) if request.method == "POST" else _dry_run(request, found)


def _dry_run(request: HttpRequest, of: Fix, reason: ReasonForm | None = None) -> HttpResponse:
    """Show the plan, or ask for what it has to be told first; ``reason``: what was sent with a fault."""
    asked = request.POST if reason else request.GET
    must = any(option.required for option in of.options)
    options = OptionsForm(of, asked if asked or not must else None)
    plan, refused = _planned(of, options.given) if options.is_valid() else (None, "")
    context = {
        "options": options,
        "given": options.given if options.is_valid() else {},
        "plan": plan,
        "refused": refused,
        "form": reason or ReasonForm(),
        "may_apply": _may_apply(request, of),
        "permission": of.permission,
    }
    return _page(request, of, "admin/fix.html", context)


def _apply(request: HttpRequest, of: Fix) -> HttpResponse:
    if not _may_apply(request, of):
        raise PermissionDenied
    actor = staff(request)
    if actor.has_second_factor and not actor.confirmation:
        messages.info(request, f"{of.title}: now choose it again. Nothing was changed yet.")
        return HttpResponseRedirect(f"{CONFIRMING_PAGE}?next={request.path}")
    options, reason = OptionsForm(of, request.POST), ReasonForm(request.POST)
    if not (reason.is_valid() and options.is_valid()):
        return _dry_run(request, of, reason)
    outcome, lines = _applied(of, options.given, actor, reason.cleaned_data["reason"])
    sees_audit = "ops.auditentry" if actor.may("ops.view_auditentry") else ""
    context = {
        "outcome": outcome,
        "lines": lines,
        "unchanged": outcome.result == Result.DONE and not lines,
        "audit": references.list_of(sees_audit, actor=actor.id) if sees_audit else "",
    }
    return _page(request, of, "admin/fix_done.html", context)


def _planned(of: Fix, given: Given) -> tuple[Lines | None, str]:
    """Return what would be done, or why it is refused."""
    try:
        return of.plan(given, clock.now()), ""
    except DomainError as refusal:
        return None, sentence_of(refusal)


def _applied(of: Fix, given: Given, actor: Actor, reason: str) -> tuple[Outcome, Sequence[str]]:
    """Return what became of it, and what was done."""
    lines: list[str] = []

    def act(chosen: Fix) -> None:
        lines.extend(chosen.apply(given, actor, reason, clock.now()))

    (outcome,) = Outcomes.of([of], act)
    return outcome, lines


def _may_apply(request: HttpRequest, of: Fix) -> bool:
    user: Any = request.user
    return bool(user.has_perm(of.permission))


def _page(request: HttpRequest, of: Fix, template: str, context: dict[str, Any]) -> HttpResponse:
    section = links.section(of.section, links.sections())
    every = {**admin.site.each_context(request), "title": of.title, "fix": of, "section": section, **context}
    return TemplateResponse(request, template, every)
