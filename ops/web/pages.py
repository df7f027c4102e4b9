"""Pages for browsers: their middlewares, run on their paths only, and their headers."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.module_loading import import_string

Handler = Callable[[HttpRequest], HttpResponseBase]

# No script, style or picture of anybody else; inline styles are what the API's page needs.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class PagesMiddleware:
    """Runs ``settings.PAGE_MIDDLEWARE`` on the paths of pages; a call of the API goes straight through."""

    def __init__(self, get_response: Handler) -> None:
        """Chain the pages' middlewares before the rest."""
        self.straight = get_response
        chain = get_response
        for name in reversed(settings.PAGE_MIDDLEWARE):
            chain = import_string(name)(chain)
        self.through_pages = chain
        self.prefixes = tuple(settings.PAGE_PREFIXES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request by the chain of its kind."""
        if request.path_info.startswith(self.prefixes):
            return self.through_pages(request)
        return self.straight(request)


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
    return render(request, "pages/form_refused.html", status=403)
