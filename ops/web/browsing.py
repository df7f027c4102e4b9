"""What pages for people are made with: who looks, what a refusal looks like, where a form may lead back to.

Such a page may hold a token in its address, so nobody keeps it and no other site is told of it; it works
without a script, and loads nothing but our style.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.debug import sensitive_post_parameters

from ops import clock, second_factor
from ops.actors import Actor, ActorKind, SecondFactor
from ops.errors import DomainError, MethodNotAllowedError
from ops.web import limiting
from ops.web.callers import anonymous
from ops.web.negotiation import wants_page
from ops.web.problems import as_domain_error
from ops.web.views import as_declared

View = Callable[..., HttpResponse]
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{forms_lead_to}; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
# What a browser's session remembers of the second factor, in Unix seconds.
SHOWN_AT, FRESH_UNTIL = "second_factor_at", "fresh_until"
READING, FORM = ("GET", "HEAD"), ("GET", "HEAD", "POST")
# A path of ours: no host, no second slash, nothing that a browser would strip or read as one.
PATH = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9_./-]{0,300}\Z")


def page(
    view: View,
    *,
    methods: tuple[str, ...] = FORM,
    limited_as: Mapping[str, str] = MappingProxyType({}),
    forms_lead_to: Callable[[], str] = str,
) -> View:
    """Return the view as a page: it answers every exception for people, and is kept by nobody.

    Args:
        view: the view.
        methods: what it answers.
        limited_as: rows of ``ops.limits.table``, counted by address, by method.
        forms_lead_to: gives another origin to which a form of the page may be led on: a browser follows
            nowhere else, not even where our own answer leads. Empty: none.
    """

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if request.method not in methods:
                raise MethodNotAllowedError(methods)  # noqa: TRY301  # answered like all others
            if operation := limited_as.get(as_declared(request.method)):
                limiting.count_and_refuse(request, operation)
            answer = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # whatever it is, people get a page
            answer = refusal(request, as_domain_error(error))
        return private(answer, forms_lead_to=forms_lead_to())

    inner.is_page = True  # type: ignore[attr-defined]  # tells it from a path of the API
    inner.limited_as = limited_as  # type: ignore[attr-defined]  # so that every row is seen to be used
    hidden: View = sensitive_post_parameters()(inner)
    return hidden


def private(answer: HttpResponse, *, forms_lead_to: str = "") -> HttpResponse:
    """Return the answer with the headers of a page for people."""
    for name, value in HEADERS.items():
        answer[name] = value
    answer["Content-Security-Policy"] = POLICY.format(forms_lead_to=forms_lead_to and f" {forms_lead_to}")
    return answer


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page of a refusal; it reads nothing, so it also stands while the database is away."""
    structlog.contextvars.bind_contextvars(error=error.code)  # of the request's line
    context = {"error": error, "request_id": getattr(request, "request_id", ""), "is_for_people": True}
    answer = render(request, "pages/refused.html", context, status=error.status)
    for name, value in error.headers.items():
        answer[name] = value
    if error.retry_after is not None:
        answer["Retry-After"] = str(error.retry_after)
    return answer


def by_accept(page: View, api: Any) -> View:
    """Return what serves one path to both: the page to browsers, the API to programs.

    The API's part is not looked at by the pages' middlewares: it never takes a cookie as a sign-in.
    """

    def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = (page if wants_page(request) else api)(request, *args, **kwargs)
        patch_vary_headers(answer, ["Accept"])
        return answer

    # By these the schema finds the API's part; that it needs no form's token is not copied.
    for name in ("cls", "view_class", "initkwargs"):
        setattr(serve, name, getattr(api, name))
    return serve


def visitor(request: HttpRequest) -> Actor:
    """Return who looks at a page: the user of its cookie, with no rights as staff, or nobody."""
    user: Any = request.user
    session: Any = request.session
    if not user.is_authenticated:
        return nobody(request)
    kind = ActorKind.STAFF if user.is_staff else ActorKind.USER
    who = replace(
        nobody(request), kind=kind, id=user.pk, name=user.get_username(), session_id=session.document_id
    )
    return with_second_factor(who, request)


def with_second_factor(actor: Actor, request: HttpRequest) -> Actor:
    """Return who is signed in to this browser with what they have shown of a second factor."""
    user: Any = request.user
    session: Any = request.session
    standing = second_factor.standing(
        exists=bool(user.second_factor),
        shown=second_factor.was_shown(session.get(SHOWN_AT), user.second_factor),
        is_staff=user.is_staff,
    )
    is_shown = standing == SecondFactor.SHOWN
    is_fresh = is_shown and session.get(FRESH_UNTIL, 0) > clock.now().timestamp()
    return replace(actor, second_factor=standing, confirmation=(lambda: True) if is_fresh else None)


def nobody(request: HttpRequest) -> Actor:
    """Return who asks before they have said who they are."""
    return anonymous(request)


def is_somebody(actor: Actor) -> bool:
    """Tell whether somebody is signed in."""
    return actor.kind != ActorKind.ANONYMOUS


def way_back(request: HttpRequest) -> str:
    """Return the page of ours that was asked for as ``next``; empty: none, or one of somebody else."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if PATH.match(wanted) else ""


def go_to(path: str) -> HttpResponse:
    """Lead to a page of ours, which is then opened by a GET."""
    answer = HttpResponseRedirect(path)
    answer.status_code = HTTPStatus.SEE_OTHER
    return answer


def shown(
    request: HttpRequest, name: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return a page by the name of its template."""
    return render(request, f"pages/{name}.html", dict(context), status=status)
