"""During maintenance every call and page is refused, but those that tell how the system is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from ops.maintenance.errors import MaintenanceError
from ops.maintenance.gate import gate
from ops.web import browsing, problems
from ops.web.negotiation import wants_page

# They write nothing; the style is what the page of the refusal is made with.
OPEN = ("/health", "/family/health", "/static/", "/status")
Handler = Callable[[HttpRequest], HttpResponseBase]


class StandstillMiddleware:
    """Counts a request as work while it is served, and begins none during maintenance."""

    def __init__(self, get_response: Handler) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request, or say that it has to wait."""
        if request.path_info.startswith(OPEN):
            return self.get_response(request)
        try:
            with gate.work():
                return self.get_response(request)
        except MaintenanceError as error:
            if wants_page(request):
                return browsing.private(browsing.refusal(request, error))
            return problems.response(error, request)
