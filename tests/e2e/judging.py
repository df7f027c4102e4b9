"""Whether what was sent is as the description asks, by the rules for text that it states in words.

Source: HTTP contract, sections 1.1 (text) and 2.2.
"""

import unicodedata
from functools import cache
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator, validators
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis import Case, Response

from ops.web.docs import document
from tests.e2e.texts import formats

# What a field cannot be since of what there is: taken, of another family. No schema can say so.
OF_STATE = {"unavailable", "not_member"}
# Nor that two parameters or fields contradict each other, that they must not be the same, that one decides
# what the other can be, or whether it is needed.
AMONG_THEM = "not_allowed"
# Nor what is past, or too far ahead.
OF_TIME = {("expires_at", "too_small"), ("expires_at", "too_large")}
# What may be said in another way: an amount in the query, an action by another field.
EITHER_WAY = {"amount", "action"}
BASE = "urn:described"
OF_TWO = {"INVALID_RELATIONSHIP", "REASON_REQUIRED"}
AnyCase: TypeAlias = Case[Any]
# To JSON Schema 5.0 is an integer; we take none with a fraction, whatever stands in it.
Strict: type[Draft202012Validator] = validators.extend(  # type: ignore[no-untyped-call]  # jsonschema's
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)


def is_well_meant(case: AnyCase) -> bool:
    """Tell whether the body is good once its texts are trimmed and NFC, as they are when they are checked."""
    reference = _body_schema(case)
    return reference is None or _validator(reference).is_valid(_as_stored(case.body))


def is_of_state(response: Response) -> bool:
    """Tell whether a refusal speaks of the state of things, and not of the form of what was sent."""
    details = response.json()["details"]
    if isinstance(details, dict) or response.json()["error"] in OF_TWO:
        return True
    return all(
        fault["code"] in {*OF_STATE, AMONG_THEM}
        or (fault["field"], fault["code"]) in OF_TIME
        or (fault["code"] == "required" and fault["field"].removeprefix("query.") in EITHER_WAY)
        for fault in details
    )


def _body_schema(case: AnyCase) -> str | None:
    described = document()["paths"][case.operation.path][case.operation.method.lower()]
    media = described.get("requestBody", {}).get("content", {}).get(case.media_type)
    return BASE + str(media["schema"]["$ref"]) if media else None


@cache
def _validator(reference: str) -> Draft202012Validator:
    resource = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(BASE, resource)
    return Strict({"$ref": reference}, registry=registry, format_checker=formats())


def _as_stored(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, dict):
        return {name: _as_stored(each) for name, each in value.items()}
    return [_as_stored(each) for each in value] if isinstance(value, list) else value
