"""What the answer of a route holds, by names, as the API's own description has it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.web.docs import document

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Beyond that it is lists in lists, whose names tell nothing new.
DEEPEST = 4
REFERENCE = "#/components/schemas/"


def names(method: str, route: str) -> list[str]:
    """Return the names of what a successful answer holds, ``members.username``; none: it is not described.

    Args:
        route: as the log has it, ``/family/<str:family_id>``.
    """
    described = document()
    path = _PARAMETER.sub(r"{\1}", route)
    operation = described["paths"].get(path, {}).get(method.lower(), {})
    found: set[str] = set()
    for status, answer in operation.get("responses", {}).items():
        if status.startswith("2"):
            for media in answer.get("content", {}).values():
                found.update(_names(media.get("schema", {}), described["components"]["schemas"], "", 0))
    return sorted(found)


def _names(schema: Mapping[str, Any], known: Mapping[str, Any], prefix: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    reference = schema.get("$ref", "")
    if reference.startswith(REFERENCE):
        yield from _names(known.get(reference.removeprefix(REFERENCE), {}), known, prefix, depth)
        return
    for combined in ("allOf", "oneOf", "anyOf"):
        for each in schema.get(combined, ()):
            yield from _names(each, known, prefix, depth)
    if isinstance(schema.get("items"), Mapping):
        yield from _names(schema["items"], known, prefix, depth)
    for name, each in schema.get("properties", {}).items():
        inner = list(_names(each, known, f"{prefix}{name}.", depth + 1))
        yield from inner or [f"{prefix}{name}"]
