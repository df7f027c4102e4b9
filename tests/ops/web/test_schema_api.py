"""GET /schema, /docs, /docs/errors. Source: HTTP contract, sections 2.2, 14 and 18 (rule 19); OpenAPI 3.1.

That the answers agree with the schema is shown by all tests through HTTP: ``tests.schema`` looks at each.
"""

import re
from typing import Any

import pytest

from ops.errors import CATALOGUE, DomainError
from ops.web.described import FORMATS
from tests import schema
from tests.api import Api
from tests.ops.web import refusals
from tests.routes import views

METHODS = {"get", "post", "put", "patch", "delete"}


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


def labelled(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{method} {path}": operation for (method, path), operation in operations(document).items()}


def parameters(operation: dict[str, Any], place: str) -> set[str]:
    return {each["name"] for each in operation.get("parameters", []) if each["in"] == place}


def codes(operation: dict[str, Any]) -> dict[str, int]:
    """Return the codes that an operation tells of, each with its status."""
    return {
        code: int(status)
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for code in re.findall(r"`([A-Z_]+)`: ", answer["description"])
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
    served = {(method.upper(), path) for path, view in views() for method in METHODS if hasattr(view, method)}

    assert set(operations(document)) == {each for each in served if each[1] not in schema.THEMSELVES}
    assert {path for _, path in served} >= schema.THEMSELVES


def test_parameters_of_paths_are_described(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        assert parameters(operation, "path") == set(re.findall(r"\{(\w+)\}", path))


def test_every_operation_tells_all_that_it_refuses(document: dict[str, Any]) -> None:
    for label, operation in labelled(document).items():
        wanted = refusals.COMMON | refusals.OF_THEIR_OWN.get(label, set())
        if not label.startswith("GET "):
            wanted |= refusals.OF_CHANGES
        if operation.get("security"):
            wanted |= refusals.OF_CLOSED | refusals.of_permanent_tokens(label)
        if {"operatorToken": []} in operation.get("security", []):
            wanted |= refusals.OF_STAFF
        if label in refusals.ASK_SECOND_FACTOR:
            wanted |= {"FRESH_TWO_FACTOR_REQUIRED"}
        if "Idempotency-Key" in parameters(operation, "header"):
            wanted |= {"IDEMPOTENCY_KEY_REUSED"}
        told = codes(operation)
        assert wanted <= set(told), label
        assert set(told) <= set(CATALOGUE), label
        assert {code: int(CATALOGUE[code].status) for code in told} == told, label


def test_what_may_need_a_fresh_second_factor_takes_a_code(document: dict[str, Any]) -> None:
    all_of_them = labelled(document)
    taking = {label for label, each in all_of_them.items() if "X-2FA-Code" in parameters(each, "header")}
    refusing = {label for label, each in all_of_them.items() if "FRESH_TWO_FACTOR_REQUIRED" in codes(each)}
    of_staff = {
        label for label, each in all_of_them.items() if {"operatorToken": []} in each.get("security", [])
    }

    assert taking == refusals.ASK_SECOND_FACTOR
    assert refusing == refusals.ASK_SECOND_FACTOR | of_staff | {"GET /family/limits"}  # of another person


def test_every_answer_says_what_it_is_and_how_to_find_it(document: dict[str, Any]) -> None:
    for label, operation in labelled(document).items():
        for status, answer in operation["responses"].items():
            assert answer["description"], (label, status)
            assert "X-Request-ID" in answer["headers"], (label, status)
            if int(status) >= 400:
                assert set(answer["content"]) == {"application/problem+json"}, (label, status)
                assert re.search(r"`[A-Z_]+`", answer["description"]), (label, status)
        headers = {status: set(answer["headers"]) for status, answer in operation["responses"].items()}
        assert all("WWW-Authenticate" in names for status, names in headers.items() if status == "401"), label
        assert all("Retry-After" in headers[status] for status in ("429", "503")), label
        assert "Allow" in headers["405"], label


def test_operations_need_a_sign_in_but_for_the_public_ones(document: dict[str, Any]) -> None:
    closed = {label: each["security"] for label, each in labelled(document).items() if each.get("security")}

    assert set(labelled(document)) - set(closed) <= refusals.OPEN
    assert set(closed) & refusals.OPEN == set()
    assert [ways[0] for ways in closed.values()] == [{"accessToken": []}] * len(closed)
    ways = document["components"]["securitySchemes"]
    assert {name: way["scheme"] for name, way in ways.items()} == {
        "accessToken": "bearer",
        "permanentToken": "bearer",
        "operatorToken": "basic",
    }


def test_permanent_tokens_open_all_but_sign_in_and_by_basic_only_operators_paths(
    document: dict[str, Any],
) -> None:
    ways = {
        label: {name for way in each["security"] for name in way}
        for label, each in labelled(document).items()
        if each.get("security")
    }
    by_token = {label for label, each in ways.items() if "permanentToken" in each}
    by_basic = {label for label, each in ways.items() if "operatorToken" in each}

    assert {label for label in set(ways) - by_token if " /auth/" not in label} == set()
    assert {label for label in by_token if " /auth/" in label} == {"GET /auth/me"}
    assert by_basic <= by_token
    assert {label for label in by_basic if "/admin/" not in label} == {
        *("PUT /family/limits", "GET /family/health/status", "GET /family/health/metrics"),
        *("GET /family/health/performance", "POST /family/health/check"),
    }
    assert "POST /admin/clear-cache" in by_basic


def test_what_is_created_leads_to_what_can_be_done_with_it(document: dict[str, Any]) -> None:
    named = {each["operationId"]: each for each in operations(document).values()}
    links = {
        label: {each["operationId"]: each for each in created.get("links", {}).values()}
        for label, operation in labelled(document).items()
        if (created := operation["responses"].get("201"))
    }

    for following in links.values():
        for name, link in following.items():
            assert set(link.get("parameters", {})) <= parameters(named[name], "path")
    assert set(links["POST /family/create"]) >= {"get_family_by_family_id", "put_family_by_family_id"}
    assert set(links["POST /auth/register"]) >= {"post_auth_login", "post_auth_refresh"}


def test_a_format_of_our_own_comes_with_good_examples(document: dict[str, Any]) -> None:
    examples: dict[str, set[str]] = {name: set() for name in FORMATS}
    for component in document["components"]["schemas"].values():
        for field in component.get("properties", {}).values():
            text = field.get("items", field)
            if text.get("format") in FORMATS:
                examples[text["format"]] |= set(text.get("examples", ()))

    assert examples.keys() >= {"name", "timezone", "username", "email"}
    for name, given in examples.items():
        assert given, f"give the Text of format {name} examples"
        assert {each: FORMATS[name](each) for each in given} == dict.fromkeys(given)


def test_signing_in_takes_json_and_a_form(document: dict[str, Any]) -> None:
    content = document["paths"]["/auth/login"]["post"]["requestBody"]["content"]

    assert set(content) == {"application/json", "application/x-www-form-urlencoded"}


def test_bodies_say_that_unknown_fields_are_refused(document: dict[str, Any]) -> None:
    bodies = {
        media["schema"]["$ref"].rpartition("/")[2]
        for operation in operations(document).values()
        for media in operation.get("requestBody", {}).get("content", {}).values()
    }

    assert bodies >= {"RegisterBodyRequest", "CreateBodyRequest", "ChangeBodyRequest"}
    # Alertmanager's own, which gets new fields with its versions.
    for name in bodies - {"AlertsBodyRequest"}:
        assert document["components"]["schemas"][name]["additionalProperties"] is False, name


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
