"""GET /schema, /docs, /docs/errors. Source: HTTP contract, sections 2.2, 14 and 18 (rule 19); OpenAPI 3.1.

That the answers agree with the schema is shown by all tests through HTTP: ``tests.schema`` looks at each.
"""

import re
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

from ops.errors import CATALOGUE, DomainError
from ops.web.views import ApiView
from tests import schema
from tests.api import Api

METHODS = {"get", "post", "put", "patch", "delete"}
CODES = {
    "VALIDATION_ERROR": 400,
    "AUTHENTICATION_REQUIRED": 401,
    "INVALID_TOKEN": 401,
    "INVALID_CREDENTIALS": 401,
    "INSUFFICIENT_PERMISSIONS": 403,
    "ACCOUNT_DISABLED": 403,
    "FAMILY_LIMIT_EXCEEDED": 403,
    "MEMBER_LIMIT_EXCEEDED": 403,
    "NOT_FOUND": 404,
    "FAMILY_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "CONFLICT": 409,
    "PRECONDITION_FAILED": 412,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "INTERNAL_ERROR": 500,
    "DATABASE_UNAVAILABLE": 503,
    "SERVICE_UNAVAILABLE": 503,
}


@pytest.fixture
def document() -> dict[str, Any]:
    answer = Api().get("/schema")
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def subclasses(of: type[DomainError]) -> set[type[DomainError]]:
    return {each for direct in of.__subclasses__() for each in {direct, *subclasses(direct)}}


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(each) for each in node.values()))
    return set().union(*(references(each) for each in node)) if isinstance(node, list) else set()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/vnd.oai.openapi+json"),
        ("application/json", "application/json"),
        ("application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
    ],
)
def test_the_schema_is_json_by_its_own_name_or_by_the_common_one(accept: str, media_type: str) -> None:
    answer = Api().get("/schema", accept=accept)

    assert (answer.status, answer.media_type) == (200, media_type)
    assert answer.json["openapi"] == "3.1.0"


def test_the_schema_is_whole(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"].keys() >= {"title", "version"}
    for reference in references(document):
        node: Any = document
        assert reference.startswith("#/")
        for part in reference[2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
    for component in document["components"]["schemas"].values():
        schema.check_form(component)
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))


def test_every_operation_of_the_api_is_in_the_schema_and_nothing_else_is(document: dict[str, Any]) -> None:
    served = {
        (method.upper(), "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(route.pattern)))
        for route in get_resolver().url_patterns
        if isinstance(route, URLPattern)
        and issubclass(getattr(route.callback, "view_class", object), ApiView)
        for method in METHODS
        if hasattr(route.callback.view_class, method)  # type: ignore[attr-defined]  # as_view() sets it
    }

    assert set(operations(document)) == {each for each in served if each[1] not in schema.THEMSELVES}
    assert {path for _, path in served} >= schema.THEMSELVES


def test_parameters_of_paths_are_described(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))


def test_every_operation_tells_what_it_may_answer(document: dict[str, Any]) -> None:
    for (method, path), operation in operations(document).items():
        answers = operation["responses"]
        assert all(answer["description"] for answer in answers.values()), path
        needed = {"400", "405", "406", "500", "503"}
        if operation.get("security"):
            needed |= {"401"}
        if method != "GET":
            needed |= {"409", "413", "415"}
        if "{family_id}" in path:
            needed |= {"404"}
        assert needed <= answers.keys(), (method, path)
        for status, answer in answers.items():
            if int(status) >= 400:
                assert "application/problem+json" in answer["content"]
                assert re.search(r"`[A-Z_]+`", answer["description"]), (path, status)


def test_operations_need_a_sign_in_but_for_the_public_ones(document: dict[str, Any]) -> None:
    open_to_all = {path for (_, path), each in operations(document).items() if not each.get("security")}

    assert open_to_all == {
        *("/auth/register", "/auth/login", "/auth/refresh"),
        *("/health", "/health/live", "/health/ready"),
        *("/family/health", "/family/health/liveness", "/family/health/readiness"),
    }
    others = [each["security"] for (_, path), each in operations(document).items() if path not in open_to_all]
    assert others == [[{"accessToken": []}]] * len(others)
    assert document["components"]["securitySchemes"]["accessToken"]["scheme"] == "bearer"


def test_signing_in_takes_json_and_a_form(document: dict[str, Any]) -> None:
    content = document["paths"]["/auth/login"]["post"]["requestBody"]["content"]

    assert set(content) == {"application/json", "application/x-www-form-urlencoded"}


def test_bodies_say_that_unknown_fields_are_refused(document: dict[str, Any]) -> None:
    bodies = [name for name in document["components"]["schemas"] if name.endswith("BodyRequest")]

    assert len(bodies) == 9
    assert not any(document["components"]["schemas"][name]["additionalProperties"] for name in bodies)


def test_conditional_headers_are_described(document: dict[str, Any]) -> None:
    family = document["paths"]["/family/{family_id}"]

    headers = {
        method: {each["name"] for each in family[method]["parameters"] if each["in"] == "header"}
        for method in ("get", "put")
    }
    assert headers == {"get": {"If-None-Match"}, "put": {"If-Match"}}
    assert "304" in family["get"]["responses"]
    assert "412" in family["put"]["responses"]


def test_every_refusal_there_is_stands_in_the_catalogue_and_on_the_page() -> None:
    page = Api().get("/docs/errors").text.decode()

    raised = {each.code for each in subclasses(DomainError)} - {""}
    assert raised == set(CATALOGUE)
    for code, refusal in CATALOGUE.items():
        assert refusal.meaning, code
        assert f'id="{code}"' in page
    assert {code: int(CATALOGUE[code].status) for code in CODES} == CODES


@pytest.mark.parametrize("path", ["/docs", "/docs/errors"])
def test_the_pages_load_nothing_from_anywhere_else(path: str) -> None:
    answer = Api().get(path)

    assert (answer.status, answer.media_type) == (200, "text/html")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(rb"""(?:src|href)=["'](?:https?:)?//""", answer.text)


def test_the_proof_of_answers_proves_something() -> None:
    good = {"status": "alive"}
    schema.prove("GET", "/health/live", 200, "application/json", good)

    for status, body in ((200, {}), (200, {"status": "dead"}), (200, {**good, "more": 1}), (201, good)):
        with pytest.raises(Exception, match=r"is not one of|required|Additional|does not tell"):
            schema.prove("GET", "/health/live", status, "application/json", body)
