"""Which representation is read and which is answered. Source: RFC 9110, sections 8.3 and 12.5.1."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ops.errors import NotAcceptableError, UnsupportedMediaTypeError

EVERYTHING, PAGE, JSON = "*/*", "text/html", "application/json"


class Negotiation(BaseContentNegotiation):
    """Takes exactly the types of the parsers, and heeds a weight of 0; DRF's own does neither."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> BaseParser:
        """Return the parser of the body's type.

        Raises:
            UnsupportedMediaTypeError: there is none.
        """
        sent, supported = _named(request.content_type or ""), []
        for parser in parsers:
            if parser.media_type == sent:
                chosen: BaseParser = parser
                return chosen
            supported.append(parser.media_type)
        raise UnsupportedMediaTypeError(supported)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[Any],
        format_suffix: str | None = None,  # noqa: ARG002  # DRF's signature
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that the client wants most; the first of several.

        Raises:
            NotAcceptableError: it wants none of them.
        """
        header: str = request.META.get("HTTP_ACCEPT", EVERYTHING).strip() or EVERYTHING
        if header == EVERYTHING:  # what most programs send
            first: BaseRenderer = next(iter(renderers))
            return first, first.media_type
        available = list(renderers)
        wanted = max(available, key=lambda renderer: _weight(header, renderer.media_type))
        if _weight(header, wanted.media_type) == 0:
            raise NotAcceptableError([renderer.media_type for renderer in available])
        return wanted, wanted.media_type


def wants_page(request: HttpRequest) -> bool:
    """Tell whether a client would rather have a page than JSON: browsers say so, programs do not."""
    header = request.META.get("HTTP_ACCEPT", EVERYTHING)
    return _weight(header, PAGE) > _weight(header, JSON)


def _weight(header: str, media_type: str) -> float:
    """Return the weight of the most precise range in an ``Accept`` that holds the type; 0: none."""
    precision = {EVERYTHING: 1, media_type.partition("/")[0] + "/*": 2, media_type: 3}
    best = (0, 0.0)
    for accepted in header.split(","):
        level = precision.get(_named(accepted), 0)
        if level:
            best = max(best, (level, _quality(accepted)))
    return best[1]


def _quality(accepted: str) -> float:
    """Return the weight after ``q=``; 1 when there is none that can be read."""
    for parameter in accepted.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0


def _named(media_type: str) -> str:
    """Return a media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()
