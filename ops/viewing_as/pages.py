"""/admin/as/: what a person sees, page by page."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from ops.actors import Actor
from ops.console import places, references
from ops.console.acting import staff
from ops.console.places import Place
from ops.console.showing import as_json
from ops.viewing_as import answers, offers, people, state
from ops.viewing_as.calling import Answer, ask
from ops.viewing_as.offers import Offer
from ops.web.browsing import PATH


def enter() -> None:
    """Enter the pages."""
    below = (
        ("stop/", stop, "as-stop"),
        ("<slug:name>/", one, "as-one"),
        ("<slug:name>/<str:identifier>/", one, "as-one-of"),
    )
    places.register(Place("as", "Seen as a person", state.PERMISSION, overview, below, is_linked=False))


def overview(request: HttpRequest) -> HttpResponse:
    """Show who the person is that is seen as, and what there is to see; or how to begin."""
    found = offers.every()
    return _page(request, found[0] if found else None, "")


def one(request: HttpRequest, name: str, identifier: str = "") -> HttpResponse:
    """Show what the person is answered to one read.

    Raises:
        Http404: there is no such read.
    """
    offer = offers.named(name)
    if (
        offer is None
        or offer.asks_id != bool(identifier)
        or (identifier and not PATH.match(f"/{identifier}"))
    ):
        raise Http404
    return _page(request, offer, identifier)


def stop(request: HttpRequest) -> HttpResponse:
    """End it, and go back to the person's page."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:as"))  # a sign-in in between leads here
    viewing = state.of(request)
    if viewing is None:
        return HttpResponseRedirect(reverse("admin:index"))
    state.end(request, state.STOPPED)
    messages.success(request, f"You see as yourself again, and no longer as {viewing.username}.")
    return HttpResponseRedirect(references.page_of("identity.user", viewing.user_id))


def _page(request: HttpRequest, offer: Offer | None, identifier: str) -> HttpResponse:
    actor = _seen(request)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Seen as a person",
        "menu": [(reverse("admin:as-one", args=(each.name,)), each) for each in offers.every()],
        "is_begun": actor is not None,
    }
    if actor is not None and offer is not None:
        context |= _answered(request, offer, identifier, actor)
    return TemplateResponse(request, "admin/viewing.html", context)


def _seen(request: HttpRequest) -> Actor | None:
    """Return as whom the session sees; ends it if they may not be seen any more: rights change meanwhile."""
    viewing = state.of(request)
    if viewing is None:
        return None
    actor = people.known().actor_of(viewing.user_id)
    if actor is None:
        state.end(request, state.GONE)
        messages.warning(request, f"{viewing.username} is disabled or gone, so there is nothing to see.")
    elif not people.known().may_be_seen(actor, staff(request)):
        state.end(request, state.NOT_ALLOWED)
        messages.warning(request, f"You may not see what {viewing.username} sees any more.")
        return None
    return actor


def _answered(request: HttpRequest, offer: Offer, identifier: str, actor: Actor) -> dict[str, Any]:
    path = offer.path.format(id=identifier)
    query = request.GET.copy()
    answer = ask(path, actor, request, query=query.urlencode())
    about = [each for name in offer.of_one if (each := offers.named(name))]
    return {
        "title": offer.label,
        "offer": offer,
        "path": path,
        "answer": answer,
        "tables": [] if answer.is_refusal else answers.tables(offer.label, answer.body, _cell_of(offer)),
        "raw": as_json(answer.body),
        "about": [(reverse("admin:as-one-of", args=(each.name, identifier)), each) for each in about],
        "older": _query_of(answer),
    }


def _cell_of(offer: Offer) -> answers.Cell:
    """Return what shows a value: the id of one of several leads to its page."""
    field, name = offer.leads or ("", "")

    def cell(of: str, value: Any) -> Any:
        if of == field and isinstance(value, str) and value:
            return format_html('<a href="{}">{}</a>', reverse("admin:as-one-of", args=(name, value)), value)
        return answers.shown(value)

    return cell


def _query_of(answer: Answer) -> str:
    """Return the parameters of the page of older rows; empty: there is none."""
    following = answer.body.get("next") if isinstance(answer.body, dict) else None
    return urlsplit(following).query if isinstance(following, str) else ""
