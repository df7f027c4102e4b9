"""The API described: its schema, a page to try it, and every error. All assets are served by us."""

import threading
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ops.errors import CATALOGUE
from ops.limits.table import HEALTH_PROBE
from ops.web.views import ApiView

_making = threading.Lock()


def document() -> dict[str, Any]:
    """Return the OpenAPI document; made once a process, since it takes as long as a hundred calls."""
    with _making:
        return _made()


@cache
def _made() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


class Schema(ApiView):
    """GET /schema: OpenAPI 3.1 as JSON, by its own media type or as any JSON."""

    limited_as = HEALTH_PROBE
    public = True
    renderer_classes = [OpenApiJsonRenderer, OpenApiJsonRenderer2]  # noqa: RUF012  # DRF's form

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:  # noqa: ARG002  # the same for everybody
        """Return the document."""
        return Response(document())


class ApiPage(ApiView, SpectacularSwaggerSplitView):
    """GET /docs: the schema as a page; its script is a file of its own, as the page's policy wants."""

    limited_as = HEALTH_PROBE
    public = True
    url_name = "schema"


class ErrorsPage(ApiView):
    """GET /docs/errors: every code there is; ``type`` of a refusal points here."""

    limited_as = HEALTH_PROBE
    public = True
    renderer_classes = [TemplateHTMLRenderer]  # noqa: RUF012  # DRF's form

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:  # noqa: ARG002  # the same for everybody
        """Return the page."""
        # Not the classes themselves: a template would call them.
        listed = [
            {"code": code, "status": refusal.status, "meaning": refusal.meaning}
            for code, refusal in sorted(CATALOGUE.items())
        ]
        return Response({"errors": listed}, template_name="pages/errors.html")
