"""What there is to be called: every path and method of the URL configuration, as the schema describes it.

A new endpoint is found here by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ops.web.docs import document
from ops.web.views import ApiView

READS = frozenset({"GET", "HEAD"})
JSON = "application/json"
# Reads that stand in the audit log, whoever takes the file. Their refusals have tests of their own.
TOLD = ("/export.csv", "/export.ndjson")
_METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """A method of a path.

    Args:
        body: the schema of its JSON body; ``None``: it reads none.
        headers: those that the schema names.
        needs_query: it wants something said after its path.
        is_public: nobody's credentials are looked at.
        is_page: made for browsers, so its refusals are pages, too.
    """

    method: str
    template: str
    body: dict[str, Any] | None = field(default=None, hash=False, compare=False)
    headers: frozenset[str] = frozenset()
    needs_query: bool = False
    is_public: bool = False
    is_page: bool = False

    @property
    def label(self) -> str:
        """How people name it."""
        return f"{self.method} {self.template}"

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return _PARAMETER.findall(self.template)

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, by its nature."""
        return self.method in READS

    def path(self, ids: dict[str, str]) -> str:
        """Return its path with these ids; one that is not known is somebody's who was never there."""
        return _PARAMETER.sub(lambda found: ids.get(found[1], f"{found[1]}_nobody"), self.template)


@cache
def operations() -> tuple[Operation, ...]:
    """Return all of them, in the order of the URL configuration."""
    return tuple(_operations(get_resolver().url_patterns, ""))


def methods(template: str) -> set[str]:
    """Return the methods that a path answers."""
    found = {each.method for each in operations() if each.template == template}
    return found | ({"HEAD"} if "GET" in found else set())


def _operations(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Operation]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _operations(pattern.url_patterns, route)
            continue
        view = getattr(pattern.callback, "view_class", getattr(pattern.callback, "cls", None))
        template = _template(route)
        if isinstance(view, type) and issubclass(view, ApiView):
            yield from (_of_api(template, method, view) for method in _METHODS if hasattr(view, method))
        else:
            if not template.endswith(TOLD):
                yield Operation("GET", template, is_public=True, is_page=True)
            yield Operation("POST", template, is_public=True, is_page=True)


def _template(route: str) -> str:
    bare = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route))
    return "/" + bare.replace("^", "").replace("$", "")


def _of_api(template: str, method: str, view: type[ApiView]) -> Operation:
    described = document()["paths"].get(template, {}).get(method, {})
    sent = described.get("requestBody", {}).get("content", {})
    parameters = described.get("parameters", ())
    return Operation(
        method.upper(),
        template,
        body=sent.get(JSON, {}).get("schema"),
        headers=frozenset(each["name"] for each in parameters if each["in"] == "header"),
        needs_query=any(each["in"] == "query" and each.get("required") for each in parameters),
        is_public=view.is_public(method),
        is_page=template.startswith("/docs"),
    )
