"""/admin/incidents/open/ and /admin/incidents/<id>/<act>/: what has to be said, and then it is done."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from ops import clock
from ops.actors import Actor
from ops.console.acting import staff
from ops.console.outcomes import Outcomes, Result
from ops.errors import NotFoundError
from ops.incident_console.acts import ACTS, Act
from ops.incident_console.forms import OpenForm
from ops.incident_console.rights import MANAGE
from ops.incidents import concerns, green, records, seeing
from ops.mongo.collections import Document
from ops.second_factor import CONFIRMING_PAGE

LIST = "admin:incidents"


def page_of(incident: Document) -> str:
    """Return the address of an incident's page."""
    return reverse("admin:incident", args=(incident["_id"],))


def found(actor: Actor, incident_id: str) -> Document:
    """Return an incident.

    Raises:
        Http404: there is none of this id, or the actor may not know of it.
    """
    try:
        incident = records.find(incident_id)
    except NotFoundError:
        raise Http404 from None
    if not seeing.may_see(actor, incident):
        raise Http404
    return incident


def act(request: HttpRequest, incident_id: str, name: str) -> HttpResponse:
    """Ask for what has to be said; a POST does it.

    Raises:
        Http404: there is no such incident, or nothing of this name to be done to it.
        PermissionDenied: somebody else has to do it.
    """
    actor, now, chosen = staff(request), clock.now(), ACTS.get(name)
    incident = found(actor, incident_id)
    if chosen is None:
        raise Http404
    if not actor.may(chosen.permission):
        raise PermissionDenied
    if not chosen.fits(incident):
        messages.warning(request, f"{chosen.label}: there is nothing to be done to it any more.")
        return _to(incident)
    if chosen.asks_second_factor and actor.has_second_factor and not actor.confirmation:
        messages.info(request, f"{chosen.label}: nothing was changed yet.")
        return HttpResponseRedirect(f"{CONFIRMING_PAGE}?next={request.path}")
    form = chosen.asks(_sent(request), incident, now, request.GET.get("of", ""))
    if not form.is_valid():
        return _asking(request, chosen, incident, form, now)
    refused = _refused(lambda: chosen.do(incident, form.cleaned_data, actor, now))
    if refused:
        return _asking(request, chosen, incident, form, now, refused)
    messages.success(request, f"{chosen.label}: done.")
    return _to(incident)


def open_one(request: HttpRequest) -> HttpResponse:
    """Ask what is wrong; a POST opens the incident.

    Raises:
        PermissionDenied: the caller may only look.
    """
    actor, now = staff(request), clock.now()
    if not actor.may(MANAGE):
        raise PermissionDenied
    form, opened = OpenForm(_sent(request), now), list[Document]()
    refused = ""
    if form.is_valid():
        refused = _refused(lambda: opened.append(concerns.opened(form.cleaned_data, actor=actor, now=now)))
    if not opened:
        context = {
            "title": "Open an incident",
            "form": form,
            "refused": refused,
            "button": "Open it",
            "back": reverse(LIST),
        }
        return _page(request, context)
    messages.success(request, "It is open, and those whom it concerns are told.")
    return _to(opened[0]) if seeing.may_see(actor, opened[0]) else HttpResponseRedirect(reverse(LIST))


def _refused(do: Callable[[], object]) -> str:
    """Do it, once; returns why it was not done, empty: it was."""
    (outcome,) = Outcomes.of([None], lambda _: do())
    return "" if outcome.result == Result.DONE else outcome.sentence


def _asking(  # noqa: PLR0913, PLR0917  # what the page shows
    request: HttpRequest, chosen: Act, incident: Document, form: forms.Form, now: datetime, refused: str = ""
) -> HttpResponse:
    context = {
        "title": chosen.label,
        "incident": incident,
        "act": chosen,
        "form": form,
        "refused": refused,
        "button": chosen.label,
        "back": page_of(incident),
        "obstacles": green.obstacles(incident, now) if chosen.name == "resolve" else [],
    }
    return _page(request, context)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    every = {**admin.site.each_context(request), **context}
    return TemplateResponse(request, "admin/incident_act.html", every)


def _to(incident: Document) -> HttpResponseRedirect:
    return HttpResponseRedirect(page_of(incident))
