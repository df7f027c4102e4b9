"""What every request gets: an id, its deadline's clock, one log line, an answer nobody may store."""

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from ops import origin
from ops.errors import RateLimitExceededError
from ops.logs import logger
from ops.metrics import http
from ops.web import addresses, limiting
from ops.web.problems import bad_request, new_request_id, response

_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
log = logger("request")


class RequestMiddleware:
    """Names the request, logs its end by route template (a path can hold a token) and marks the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request."""
        started = time.perf_counter()
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = sent if _GIVEN_ID.match(sent) else new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        origin.begin(request_id, partial(_name_of, request))
        addresses.settle(request.META)
        answer = self._limited(request, self._answer(request))
        answer["X-Request-ID"] = request_id
        answer["X-Content-Type-Options"] = "nosniff"
        if isinstance(answer, HttpResponse) and not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = "no-store"
        _name_page_user(request)
        match = request.resolver_match
        route = f"/{match.route}" if match else None
        seconds = time.perf_counter() - started
        http.note(request.method, route, answer.status_code, seconds)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=answer.status_code,
            ms=round(seconds * 1000, 2),
        )
        return answer

    def _limited(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
        """Count what was refused before its operation was reached, and tell of the limit."""
        match = request.resolver_match
        is_page = match is not None and not hasattr(match.func, "cls")
        try:
            limiting.count_outsider(request, answer, is_page=is_page)
        except RateLimitExceededError as error:
            answer.close()
            answer = response(error, request)
        limiting.tell(request, answer)
        return answer

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        """Serve what was sent to one of our names: a page elsewhere can bring a browser here by its own."""
        try:
            request.get_host()
        except DisallowedHost:
            return bad_request(request)
        return self.get_response(request)


def _name_of(request: HttpRequest) -> str | None:
    """Return what the request asks for; ``None`` as long as its route is not known."""
    match = request.resolver_match
    return f"{request.method} /{match.route}" if match else None


def _name_page_user(request: HttpRequest) -> None:
    """Name who asked for a page, and their session, if somebody has looked; of a call the view does."""
    user = getattr(request, "_cached_user", None)
    if user is not None and user.pk:
        session: Any = request.session
        structlog.contextvars.bind_contextvars(user=user.pk, session=session.document_id)
