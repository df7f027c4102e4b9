"""Bodies by schema: one that is good, and the schema's own word on one that is not."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from ops import clock
from ops.web.docs import document

Path = tuple[str, ...]

# What the schema cannot say of a text.
_TEXTS = {
    "email": "robin@example.com",
    "timezone": "Asia/Tokyo",
    "password": "Quite-Long-7!",
    "new_password": "Quite-Long-7!",
    "until": (clock.now() + timedelta(days=1)).isoformat(),
}
_FORMATS = {
    "date-time": "2030-01-01T00:00:00.000000Z",
    "date": "2030-01-01",
    "uri": "https://example.com/",
    "email": "robin@example.com",
}
_ANY_TEXTS = (
    "robin-and-wren",
    "robin",
    "Robin and wren",
    "a1",
    "1",
    "2030-01-01",
    "Robin",
    "x",
    "#aabbcc",
    "https://example.com/",
)
# A JSON Schema takes 5.0 for an integer; the contract does not (section 1.1).
_Strict = extend(  # type: ignore[no-untyped-call]  # jsonschema's
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)
_validators: dict[str, Any] = {}


def example(schema: dict[str, Any], name: str = "") -> Any:
    """Return a value that the schema allows; of an object all fields."""
    schema = resolved(schema)
    if ready := [schema["const"]] if "const" in schema else schema.get("enum") or schema.get("examples"):
        return ready[0]
    match kind_of(schema):
        case "object":
            return {each: example(schema["properties"][each], each) for each in _chosen(schema)}
        case "array":
            return [example(schema.get("items", {}), name) for _ in range(max(1, schema.get("minItems", 1)))]
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
    named = _TEXTS.get(name) or _FORMATS.get(schema.get("format", ""))
    texts = [named] if named else [_fitted(each, schema) for each in _ANY_TEXTS]
    return next((each for each in texts if re.search(schema.get("pattern", ""), each)), texts[0])


def fields(schema: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield path and schema of every field, those inside objects among them."""
    for name, inner in resolved(schema).get("properties", {}).items():
        yield (*path, name), resolved(inner)
        yield from fields(inner, (*path, name))


def is_valid(schema: dict[str, Any], body: Any) -> bool:
    """Tell whether the schema allows this body, nothing coerced."""
    return bool(_validator(schema).is_valid(body))


def changed(schema: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return the good body with another value at a path; fields that exclude this one are left out."""
    body, wanted = example(schema), resolved(schema).get("required", ())
    if path[0] in _excluded(resolved(schema)):
        body = {name: each for name, each in body.items() if name in wanted}
    return _filled(body, path, value)


def _chosen(schema: dict[str, Any]) -> list[str]:
    """Return the fields of an object: all but those that others exclude."""
    return [name for name in schema.get("properties", {}) if name not in _excluded(schema)]


def _excluded(schema: dict[str, Any]) -> Sequence[str]:
    """Return the fields that cannot stand beside those which an object's schema names first."""
    excluded: Sequence[str] = schema.get("then", {}).get("not", {}).get("required", ())
    return excluded


def _fitted(text: str, schema: dict[str, Any]) -> str:
    return text[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "x")


def _filled(body: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**body, name: _filled(body.get(name, {}), tuple(rest), value) if rest else value}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference leads to, or that stands alone in a wrapper."""
    if "$ref" in schema:
        node: Any = document()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        return resolved(node)
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema and "properties" not in schema:  # else it only says more of them
            return resolved(schema[word][0])
    return schema


def kind_of(schema: dict[str, Any]) -> str:
    """Return the name of its type, ``null`` aside."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return str(next(each for each in kind if each != "null") if isinstance(kind, list) else kind)


def _validator(schema: dict[str, Any]) -> Any:
    key = repr(schema)
    if key not in _validators:
        _validators[key] = _Strict({**schema, "components": document()["components"]})
    return _validators[key]
