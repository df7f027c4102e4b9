"""Every route that there is, whichever it lies below."""

import re
from collections.abc import Iterator, Sequence

from django.urls import URLPattern, URLResolver, get_resolver

from ops.web.views import ApiView


def routes(
    patterns: Sequence[URLPattern | URLResolver] | None = None, before: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    """Yield each with its whole path, parameters as in ``/family/{family_id}``; without patterns, all."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, path)
        else:
            yield path, each


def views() -> Iterator[tuple[str, type[ApiView]]]:
    """Yield each path of the API with its view."""
    for path, route in routes():
        view = getattr(route.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, ApiView):
            yield path, view
