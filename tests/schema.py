"""Every answer of the API, held against the API's own description of it.

Source: HTTP contract, section 18 (rule 19).
"""

import copy
import re
from functools import cache
from typing import Any
from urllib.parse import unquote

from django.urls import Resolver404, resolve
from jsonschema_rs import Draft202012, Draft202012Validator, Registry, meta

from ops.web.docs import document

BASE = "urn:api"
PROBLEM = "application/problem+json"
# The description itself, and the status page for people and for readers of feeds: no part of the API.
THEMSELVES = {"/schema", "/docs", "/docs/errors", "/status", "/status.atom"}


def prove(method: str, path: str, status: int, content_type: str, body: Any) -> None:
    """Fail unless the schema foresees this answer of this operation, member for member.

    A refusal's code must stand in the description of its status. Paths and methods that there are not
    are refused in the one error shape, which no operation can describe.
    """
    template = _template(path)
    described = document()["paths"].get(template, {}).get(method.lower())
    if described is None:
        assert status in {404, 405, 429} or template in THEMSELVES, (method, path, status)
        if status >= 400:
            _check("#/components/schemas/ProblemAnswer", body)
        return
    answers = described["responses"]
    assert str(status) in answers, f"{method} {template} does not tell of {status}: {body}"
    if status == 304:
        return
    media = content_type.partition(";")[0]
    assert media in answers[str(status)]["content"], (method, template, status, content_type)
    _check(
        f"#/paths/{_escaped(template)}/{method.lower()}/responses/{status}/content/{_escaped(media)}/schema",
        body,
    )
    if media == PROBLEM:
        assert f"`{body['error']}`" in answers[str(status)]["description"], (method, template, body)


def check_form(component: dict[str, Any]) -> None:
    """Fail unless this is a JSON schema."""
    meta.validate(component)


def _template(path: str) -> str:
    try:
        route = resolve(unquote(path.partition("?")[0])).route
    except Resolver404:
        return ""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def _check(reference: str, body: Any) -> None:
    _validator(reference).validate(body)


@cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": BASE + reference}, registry=_registry())


@cache
def _registry() -> Registry:
    closed = copy.deepcopy(document())
    for name, component in closed["components"]["schemas"].items():
        # A member that is answered and not described is a fault; of a refusal, RFC 9457 allows more.
        if "properties" in component and name != "ProblemAnswer":
            component["additionalProperties"] = False
    return Registry([(BASE, closed)], draft=Draft202012)


def _escaped(part: str) -> str:
    """Escape a part of a JSON pointer in a URI: RFC 6901, sections 3 and 6."""
    return (
        part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D").replace("+", "%2B")
    )
