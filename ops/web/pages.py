"""Pages for browsers: their middlewares, run on their paths only, and their headers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.module_loading import import_string

from ops.access import gate
from ops.errors import AccessBlockedError, MethodNotAllowedError
from ops.read_only import mode
from ops.read_only.errors import ReadOnlyError
from ops.web import browsing, problems
from ops.web.negotiation import wants_page

Handler = Callable[[HttpRequest], HttpResponseBase]
# Django's hook ``process_view``.
Look = Callable[[HttpRequest, Any, Sequence[Any], Mapping[str, Any]], HttpResponseBase | None]

# No script, style or picture of anybody else; inline styles are what the API's page needs. Pages for people
# have a stricter one: ``ops.web.browsing``.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# Forms by which staff acts, and by which people sign in, out, and save themselves.
OPEN_WHEN_READ_ONLY = (
    *("/admin", "/sign-in", "/sign-out", "/second-factor", "/forgot-password", "/auth/reset-password"),
)


class PagesMiddleware:
    """Runs ``settings.PAGE_MIDDLEWARE`` on the paths of pages; a call of the API goes straight through."""

    def __init__(self, get_response: Handler) -> None:
        """Chain the pages' middlewares before the rest."""
        self.straight = get_response
        chain = _in_our_words(get_response)
        self.looks: list[Look] = []
        for name in reversed(settings.PAGE_MIDDLEWARE):
            chain = import_string(name)(chain)
            if look := getattr(chain, "process_view", None):
                self.looks.insert(0, look)
        self.through_pages = chain
        self.prefixes = tuple(settings.PAGE_PREFIXES)
        self.shared = tuple(settings.PAGE_PREFIXES_SHARED)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request by the chain of its kind."""
        if not self._is_page(request):
            return self.straight(request)
        try:
            return self.through_pages(request)
        except Exception as error:  # the session is written after the view, where nothing else answers
            if not wants_page(request):
                raise
            return browsing.private(browsing.refusal(request, problems.as_domain_error(error)))

    def process_view(
        self, request: HttpRequest, view: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Let the pages' middlewares look at the view before it runs: CSRF is checked there."""
        if self._is_page(request):
            if (answer := _kept_out(request) or _closed(request)) is not None:
                return answer
            for look in self.looks:
                if (answer := look(request, view, args, kwargs)) is not None:
                    return answer
        return None

    def _is_page(self, request: HttpRequest) -> bool:
        path = request.path_info
        return path.startswith(self.prefixes) or (path.startswith(self.shared) and wants_page(request))


def _kept_out(request: HttpRequest) -> HttpResponseBase | None:
    """Refuse whom a rule of access keeps out, by address or by the user of the cookie; ``None``: nobody.

    Style and pictures have been served by then: the page of the refusal is made with them.
    """
    cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
    user_id = request.session.get(SESSION_KEY) if cookie and gate.needs_user() else None
    try:
        gate.refuse_blocked(address=request.META.get("REMOTE_ADDR"), user_id=user_id)
    except AccessBlockedError as error:
        page = wants_page(request)
        return (
            browsing.private(browsing.refusal(request, error)) if page else problems.response(error, request)
        )
    return None


def _closed(request: HttpRequest) -> HttpResponse | None:
    """Refuse a form while changes by users are closed; ``None``: it may be sent."""
    if request.method in browsing.READING or request.path_info.startswith(OPEN_WHEN_READ_ONLY):
        return None
    try:
        mode.refuse()
    except ReadOnlyError as error:
        return browsing.private(browsing.refusal(request, error))
    return None


def _in_our_words(get_response: Handler) -> Handler:
    """Return the handler; where Django's own pages say nothing but 405, it answers in the one error shape."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        answer = get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and not answer.content:
            return problems.response(MethodNotAllowedError(answer["Allow"].split(", ")), request)
        return answer

    return handle


class SecurityHeadersMiddleware:
    """Headers that every page carries."""

    def __init__(self, get_response: Handler) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request and add the headers."""
        answer = self.get_response(request)
        answer.setdefault("Content-Security-Policy", POLICY)
        answer.setdefault("Referrer-Policy", "same-origin")
        answer.setdefault("X-Content-Type-Options", "nosniff")
        answer.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Tell a person that the form is too old or was sent from elsewhere."""
    back = browsing.way_back(request)
    again = f"{request.path}?{urlencode({'next': back})}" if back else request.get_full_path()
    return browsing.private(render(request, "pages/form_refused.html", {"again": again}, status=403))
