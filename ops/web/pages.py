"""Pages for browsers: their middlewares, run on their paths only, and their headers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.module_loading import import_string

Handler = Callable[[HttpRequest], HttpResponseBase]
# Django's hook ``process_view``.
Look = Callable[[HttpRequest, Any, Sequence[Any], Mapping[str, Any]], HttpResponseBase | None]

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
        self.looks: list[Look] = []
        for name in reversed(settings.PAGE_MIDDLEWARE):
            chain = import_string(name)(chain)
            if look := getattr(chain, "process_view", None):
                self.looks.insert(0, look)
        self.through_pages = chain
        self.prefixes = tuple(settings.PAGE_PREFIXES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request by the chain of its kind."""
        return self.through_pages(request) if self._is_page(request) else self.straight(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Let the pages' middlewares look at the view before it runs: CSRF is checked there."""
        if self._is_page(request):
            for look in self.looks:
                if (answer := look(request, view, args, kwargs)) is not None:
                    return answer
        return None

    def _is_page(self, request: HttpRequest) -> bool:
        return request.path_info.startswith(self.prefixes)


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
