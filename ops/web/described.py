"""How fields and bodies stand in the OpenAPI document, and which operation an answer leads to.

Source: HTTP contract, section 1.1 (strictness, text); OpenAPI 3.1, "Link Object"; JSON Schema 2020-12.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from ops.web.serializers import Rule

_PARAMETER = re.compile(r"\{(\w+)\}")
# Formats that a rule of ours decides, and no standard: the rule's own name without its end.
FORMATS: dict[str, Rule] = {}


@dataclass(frozen=True)
class Link:
    """An operation that can follow an answer, with what it takes from the call or its answer.

    Args:
        operation: its id.
        body: members of its body as runtime expressions, for example ``$response.body#/refresh_token``.
    """

    operation: str
    body: Mapping[str, str]

    def described(self) -> dict[str, Any]:
        """Return it as OpenAPI has it."""
        return {"operationId": self.operation, "requestBody": dict(self.body)}


def operation_id(method: str, path: str) -> str:
    """Return an operation's name: made of method and path, so that it stays when others come."""
    words = _PARAMETER.sub(r"by_\1", path)
    return "_".join([method.lower(), *re.findall(r"\w+", words)])


def link_created(document: dict[str, Any]) -> None:
    """Tell of each created thing which operations there are on it: those whose path ends with its id."""
    on_things = [
        (method, path, operation)
        for path, method, operation in _operations(document)
        if path.endswith("}") and len(_PARAMETER.findall(path)) == 1
    ]
    for _, _, operation in _operations(document):
        created = operation["responses"].get("201")
        for method, path, target in on_things if created else ():
            (name,) = _PARAMETER.findall(path)
            if name in _members(document, created):
                links = created.setdefault("links", {})
                links[f"{method.capitalize()}Created"] = {
                    "operationId": target["operationId"],
                    "parameters": {name: f"$response.body#/{name}"},
                }


def format_of(rule: Rule | None) -> str | None:
    """Return the format that a rule decides, and remember whose it is; ``None``: it has no name to go by.

    Raises:
        TypeError: two rules have one name.
    """
    called = str(getattr(rule, "__name__", ""))
    if rule is None or not called.endswith("_fault"):
        return None
    name = called.removesuffix("_fault").strip("_").replace("_", "-")
    if FORMATS.setdefault(name, rule) is not rule:
        msg = f"the format {name} is decided by two rules: {FORMATS[name]} and {rule}"
        raise TypeError(msg)
    return name


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _members(document: dict[str, Any], answer: dict[str, Any]) -> set[str]:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return set(document["components"]["schemas"].get(name, schema).get("properties", {}))


class _TextField(OpenApiSerializerFieldExtension):
    target_class = "ops.web.serializers.Text"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Describe text with its bounds, and with the format that its rule decides."""
        text = self.target
        if text.enum:
            return {"type": "string", "enum": list(text.enum)}
        schema = {"type": "string", "minLength": text.min_length, "maxLength": text.max_length}
        if form := text.format or format_of(text.rule):
            schema["format"] = form
        else:
            schema["pattern"] = text.pattern
        return schema | ({"examples": list(text.examples)} if text.examples else {})


class _StrictBody(OpenApiSerializerExtension):
    target_class = "ops.web.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Say that unknown fields are refused, and how many fields there must be."""
        described: dict[str, Any] = _plain(self, auto_schema, direction)
        return {**described, **self.target.constraints, "additionalProperties": self.target.open_to_more}


class _Problem(OpenApiSerializerExtension):
    target_class = "ops.web.problems.ProblemAnswer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Say what the details are: facts, or of faulty fields one object each."""
        described = _plain(self, auto_schema, direction)
        texts = {name: {"type": "string"} for name in ("field", "code", "message")}
        faults = {"type": "object", "properties": texts, "required": list(texts)}
        facts = {"type": "object", "additionalProperties": True}
        described["properties"]["details"] = {"anyOf": [facts, {"type": "array", "items": faults}]}
        return described


def _plain(extension: OpenApiSerializerExtension, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
    described: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001  # the extension's documented way
        extension.target, direction, bypass_extensions=True
    )
    return described
