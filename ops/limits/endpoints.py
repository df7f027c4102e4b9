"""Which operation people mean: by its name, by a path, or by a method and a path.

A path is what a client calls (``/family/fam_1/leave``) or what the documentation prints
(``/family/{family_id}/leave``). What a view's methods count as is asked of the view, so that this room knows
no HTTP. Source: HTTP contract, section 14 (rate limits).
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.urls import Resolver404, ResolverMatch, resolve

from ops.errors import Fault
from ops.limits.table import LIMITS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UNKNOWN = "There is no such operation and no such path; `GET /admin/rate-limits` lists the operations."
# Nothing that would be read as a query or a fragment, and so as part of an id.
_ENDPOINT = re.compile(r"(?:(?P<method>[A-Za-z]+) +)?(?P<path>/[^\s?#]*)\Z")
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class _Path(NamedTuple):
    """A path of the API as the documentation prints it, with the operation of each of its methods."""

    template: str
    operations: Mapping[str, str]


def operation_of(endpoint: str) -> str | Fault:
    """Return the operation that is meant, or why it cannot be told."""
    if endpoint in LIMITS:
        return endpoint
    parts = _ENDPOINT.match(endpoint)
    path = _path(parts["path"]) if parts else None
    if parts is None or path is None:
        return Fault("invalid_choice", UNKNOWN)
    if parts["method"]:
        return _of_method(path, parts["method"].upper())
    meant = set(path.operations.values())
    if len(meant) > 1:
        return Fault("invalid_choice", f"Several operations have this path; say which: {_choice(path)}.")
    return meant.pop()


def endpoint_fault(endpoint: str) -> Fault | None:
    """Say why a word names no operation; ``None``: it names one."""
    meant = operation_of(endpoint)
    return meant if isinstance(meant, Fault) else None


def _of_method(path: _Path, method: str) -> str | Fault:
    operation = path.operations.get("GET" if method == "HEAD" else method)
    return operation or Fault(
        "invalid_choice", f"This path does not know that method; possible: {_choice(path)}."
    )


def _path(path: str) -> _Path | None:
    """Return what the API has at a path; ``None``: nothing, or something that is only for browsers."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    operations = _operations(found)
    return _Path("/" + _PARAMETER.sub(r"{\1}", found.route), operations) if operations else None


def _operations(found: ResolverMatch) -> Mapping[str, str]:
    view: Any = getattr(found.func, "view_class", None) or getattr(found.func, "cls", None)
    asked = getattr(view, "operation_of", None)
    if asked is None:
        return {}
    return {method: asked(method) for method in METHODS if hasattr(view, method.lower())}


def _choice(path: _Path) -> str:
    return ", ".join(f"`{method} {path.template}`" for method in path.operations)
