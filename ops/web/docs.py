"""The API described: its schema, a page to try it, and every error. All assets are served by us."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ops.errors import CATALOGUE


class Schema(SpectacularAPIView):
    """GET /schema: OpenAPI 3.1 as JSON."""

    public = True
    authentication_classes = ()
    renderer_classes = (OpenApiJsonRenderer,)


class ApiPage(SpectacularSwaggerSplitView):  # its script is a file of its own, as the page's policy wants
    """GET /docs: the schema as a page."""

    public = True
    authentication_classes = ()
    url_name = "schema"


class ErrorsPage(View):
    """GET /docs/errors: every code there is; ``type`` of a refusal points here."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page."""
        listed = [CATALOGUE[code] for code in sorted(CATALOGUE)]
        return render(request, "pages/errors.html", {"errors": listed})
