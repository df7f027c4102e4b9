"""Hostile input to every operation: always a refusal in the one shape, never a 500, and nothing changed.

Source: HTTP contract, sections 1.1 (strictness) and 18 (rule 16).
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api import JSON, Answer, Api
from tests.database import documents
from tests.factories import Person, new_family
from tests.ops.web.hostile import (
    BODIES,
    FEW_BODIES,
    HEADERS,
    IDS,
    NO_FAULTS,
    OPERATIONS,
    OTHER_TYPES,
    PAGES,
    QUERIES,
    READS,
    VALUES,
)


@pytest.fixture
def family_id(person: Person) -> str:
    return str(new_family(person)["_id"])


@pytest.fixture
def unchanged(person: Person, family_id: str) -> Callable[[], bool]:
    """Tell whether everything is as it was before the test."""
    Api(person).get("/auth/me")
    before = documents()
    return lambda: documents() == before and bool(family_id)


def refused(answer: Answer) -> bool:
    """Tell whether it is a refusal of the caller's, in the one shape."""
    return 400 <= answer.problem[0] < 500


def filled(node: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return the body with another value at a path."""
    return {**node, path[0]: filled(node[path[0]], path[1:], value)} if path else value


def paths(node: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the paths of all fields."""
    if not isinstance(node, dict):
        return []
    here = [(*path, name) for name in node]
    return here + [deeper for name in node for deeper in paths(node[name], (*path, name))]


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_field_takes_what_is_not_meant_for_it(
    person: Person, family_id: str, unchanged: Callable[[], bool], name: str
) -> None:
    operation = OPERATIONS[name]
    path = operation.path.format(family_id=family_id)

    for field in paths(operation.good):
        for value in VALUES:
            if (field, value) in NO_FAULTS:
                continue
            body = json.dumps(filled(operation.good, field, value)).encode()
            answer = Api(person).send(operation.method, path, body)
            assert answer.problem == (400, "VALIDATION_ERROR"), (field, value)
            named = {fault["field"] for fault in answer.json["details"]}
            assert any(each == ".".join(field) or each.startswith(".".join(field) + ".") for each in named)
    assert unchanged()


@pytest.mark.parametrize("name", OPERATIONS)
def test_null_is_taken_only_where_the_contract_says_so(
    person: Person, family_id: str, unchanged: Callable[[], bool], name: str
) -> None:
    operation = OPERATIONS[name]
    for field in paths(operation.good):
        if (name, field) == ("create", ("name",)):
            continue
        path = operation.path.format(family_id=family_id)
        answer = Api(person).send(operation.method, path, filled(operation.good, field, None))
        assert (".".join(field), "null") in answer.faults
    assert unchanged()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_operation_takes_fields_that_it_does_not_know(
    person: Person, family_id: str, unchanged: Callable[[], bool], name: str
) -> None:
    operation = OPERATIONS[name]
    path = operation.path.format(family_id=family_id)

    for field in (
        "x",
        "$set",
        "_id",
        "is_staff",
        "role",
        "body",
        "__class__",
        "password ",
        "a.b",
        "",
        "n\u0430me",
    ):
        answer = Api(person).send(operation.method, path, {**operation.good, field: 1})
        assert answer.problem == (400, "VALIDATION_ERROR"), field
        assert "unknown_field" in {fault["code"] for fault in answer.json["details"]}
    assert unchanged()


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("content_type", [JSON, "application/x-www-form-urlencoded"])
def test_no_body_but_strict_json_is_read(
    person: Person, family_id: str, unchanged: Callable[[], bool], name: str, content_type: str
) -> None:
    operation = OPERATIONS[name]
    path = operation.path.format(family_id=family_id)

    for what, body in BODIES.items():
        assert refused(Api(person).send(operation.method, path, body, content_type=content_type)), what
    assert unchanged()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_body_of_another_type_is_read(
    person: Person, family_id: str, unchanged: Callable[[], bool], name: str
) -> None:
    operation = OPERATIONS[name]
    path = operation.path.format(family_id=family_id)

    for content_type in OTHER_TYPES:
        for what in FEW_BODIES:
            for client in (Api(person), Api()):
                answer = client.send(operation.method, path, BODIES[what], content_type=content_type)
                assert refused(answer), (content_type, what)
    assert unchanged()


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if not operation.optional])
def test_no_body_at_all_is_refused_where_a_field_is_needed(
    person: Person, family_id: str, unchanged: Callable[[], bool], name: str
) -> None:
    operation = OPERATIONS[name]
    path = operation.path.format(family_id=family_id)

    for body, content_type in ((b"", ""), (b"", JSON), (b"{}", JSON), (b"", "text/plain"), (b" {} ", JSON)):
        answer = Api(person).send(operation.method, path, body, content_type=content_type)
        assert answer.problem == (400, "VALIDATION_ERROR")
        assert {fault["code"] for fault in answer.json["details"]} == {"required"}
    assert unchanged()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_no_id_in_a_path_is_more_than_an_id(
    person: Person, unchanged: Callable[[], bool], method: str
) -> None:
    for each in IDS:
        for path in (f"/family/{each}", f"/family/{each}/x", f"/{each}", f"/auth/{each}", f"/docs/{each}"):
            answer = Api(person).send(method, path, {"name": "Crows"} if method == "PUT" else None)
            assert answer.status in {404, 405}, path
            assert method == "HEAD" or refused(answer)
            assert "Set-Cookie" not in answer.headers
    assert unchanged()


@pytest.mark.parametrize(("header", "values"), HEADERS)
def test_no_header_breaks_a_read(
    person: Person, family_id: str, unchanged: Callable[[], bool], header: str, values: list[str]
) -> None:
    for value in values:
        for path in [*READS, "/docs/errors", "/nothing"]:
            answer = Api(person).get(path.format(family_id=family_id), **{header: value})
            assert answer.status == 200 or refused(answer), (path, value)
    assert unchanged()


@pytest.mark.parametrize(("header", "values"), HEADERS)
def test_no_header_turns_a_refusal_into_a_change(
    person: Person, family_id: str, unchanged: Callable[[], bool], header: str, values: list[str]
) -> None:
    for value in values:
        for operation in OPERATIONS.values():
            path = operation.path.format(family_id=family_id)
            assert refused(Api(person).send(operation.method, path, {"x": 1}, **{header: value})), (
                path,
                value,
            )
    assert unchanged()


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_breaks_a_call(
    person: Person, family_id: str, unchanged: Callable[[], bool], query: str
) -> None:
    for path in [*READS, *PAGES, "/nothing"]:
        answer = Api(person).get(f"{path.format(family_id=family_id)}?{query}")
        assert answer.status == 200 or refused(answer), path
    for operation in OPERATIONS.values():
        path = operation.path.format(family_id=family_id)
        assert refused(Api(person).send(operation.method, f"{path}?{query}", {"x": 1})), path
    assert unchanged()


def test_a_read_with_any_body_is_answered_as_if_it_had_none(
    person: Person, family_id: str, unchanged: Callable[[], bool]
) -> None:
    for path in ("/auth/me", "/family/my-families", f"/family/{family_id}"):
        plain = Api(person).get(path)
        for what, body in BODIES.items():
            answer = Api(person).send("GET", path, body, content_type=JSON)
            assert (answer.status, answer.text) == (200, plain.text), what
    assert unchanged()


def test_a_refusal_repeats_no_more_of_a_field_than_it_needs(person: Person) -> None:
    answer = Api(person).post("/family/create", {"k" * 60_000: 1})

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert len(answer.text) < 1000


def test_a_refusal_shows_no_value_that_was_sent(person: Person) -> None:
    for body in ({"name": "<secret>"}, {"name": ["secret"]}, {"x": "secret"}):
        assert b"secret" not in Api(person).post("/family/create", body).text


def test_of_thousands_of_unknown_fields_only_the_first_are_named(person: Person) -> None:
    answer = Api(person).post("/family/create", {f"k{number}": 1 for number in range(5000)})

    assert answer.faults == {(f"k{number}", "unknown_field") for number in range(50)}
