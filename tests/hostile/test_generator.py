"""What the hostile tests rest on: requests that come again, a judge that says no, a digest that sees."""

import contextlib
import dataclasses
import json
from typing import Any

import pytest

from ops.web.docs import document
from tests.hostile import generator, in_bodies
from tests.hostile import world as worlds
from tests.hostile.bodies import example, is_valid
from tests.hostile.generator import KINDS
from tests.hostile.line import Answer
from tests.hostile.operations import Operation, operations
from tests.hostile.request import Request
from tests.hostile.served import Served
from tests.hostile.verdict import NO_HTTP, PROBLEM, faults
from tests.hostile.world import World

ROUND = sum(kind.weight for kind in KINDS)


@pytest.fixture
def world() -> World:
    return worlds.new_world()


@pytest.fixture
def creating() -> Operation:
    return operation("POST /family/create")


def operation(label: str) -> Operation:
    return next(each for each in operations() if each.label == label)


def refusal(code: int = 400, **members: Any) -> Answer:
    body = {
        "type": "http://localhost/docs/errors#VALIDATION_ERROR",
        "title": "Validation error",
        "status": code,
        "detail": "No.",
        "error": "VALIDATION_ERROR",
        "message": "No.",
        "details": [{"field": "name", "code": "too_short", "message": "Longer."}],
        "request_id": "abcdefgh",
    }
    headers = {"content-type": PROBLEM, "x-request-id": "abcdefgh", "cache-control": "no-store"}
    return Answer(code, headers, json.dumps(body | members).encode())


def test_a_number_gives_the_same_request_again(world: World) -> None:
    first = [generator.request(7, number, world)[1].raw for number in range(3 * ROUND)]

    assert [generator.request(7, number, world)[1].raw for number in range(3 * ROUND)] == first
    assert len(set(first)) > 2.9 * ROUND


def test_another_seed_gives_others(world: World) -> None:
    mine, other = (
        [generator.request(seed, number, world)[1].raw for number in range(ROUND)] for seed in (1, 2)
    )

    assert sum(each == another for each, another in zip(mine, other, strict=True)) < ROUND / 10


def test_a_round_has_every_kind_as_often_as_it_weighs(world: World) -> None:
    names = [generator.request(1, number, world)[0].name for number in range(ROUND, 2 * ROUND)]

    assert {kind.name: names.count(kind.name) for kind in KINDS} == {kind.name: kind.weight for kind in KINDS}


def test_every_operation_of_the_schema_is_found_in_the_url_configuration() -> None:
    described = {
        f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods
    }

    assert described <= {each.label for each in operations()}


@pytest.mark.parametrize("label", [each.label for each in operations() if each.body is not None])
def test_the_good_body_is_one_to_the_schema(label: str) -> None:
    schema = operation(label).body or {}

    assert is_valid(schema, example(schema))


def test_an_integer_is_not_a_number_with_a_point() -> None:
    assert is_valid({"type": "integer"}, 5)
    assert not is_valid({"type": "integer"}, 5.0)
    assert not is_valid({"type": "integer"}, True)  # noqa: FBT003  # a value of JSON


def test_a_request_that_is_not_hostile_is_taken_and_seen(
    served: Served, world: World, creating: Operation
) -> None:
    before = worlds.digest()

    with contextlib.closing(served.line()) as line:
        answer = line.send(in_bodies.good(creating, world).raw).answer()

    assert answer.status == 201
    assert {name for name, digest in worlds.digest().items() if digest != before.get(name)} == {
        *("audit_log", "families", "family_people", "sbd_accounts"),
    }


def test_the_judge_takes_a_good_refusal(world: World, creating: Operation) -> None:
    assert faults(hostile(creating, world), refusal()) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(500), "answered 500"),
        (refusal(503), "answered 503"),
        (refusal(201), "answered 201"),
        (refusal(404), "answered 404"),
        (refusal(details=[]), "does not name name"),
        (refusal(details={}), "does not name name"),
        (refusal(status=401), "differ"),
        (refusal(request_id="another"), "differ"),
        (refusal(message="Other."), "differ"),
        (refusal(detail="Traceback", message="Traceback"), "inside"),
        (refusal(title="x" * 70_000), "larger"),
        (dataclasses.replace(refusal(), body=b"{}"), "lacks"),
        (Answer(400, {"content-type": "text/html", "x-request-id": "x"}, b"<p>"), "text/html"),
        (Answer(*NO_HTTP[:1], {"content-type": "text/plain"}, NO_HTTP[1]), "text/plain"),
        (
            dataclasses.replace(refusal(), headers={"content-type": PROBLEM, "x-request-id": "abcdefgh"}),
            "stored",
        ),
    ],
)
def test_the_judge_says_what_is_wrong(world: World, creating: Operation, answer: Answer, words: str) -> None:
    assert any(words in fault for fault in faults(hostile(creating, world), answer))


def test_the_servers_own_words_are_right_for_what_is_no_http_only(world: World, creating: Operation) -> None:
    answer = Answer(*NO_HTTP[:1], {"content-type": "text/plain"}, NO_HTTP[1])

    for changes in (
        {"method": "get"},
        {"target": "x"},
        {"headers": [("x", "a\x00b")]},
        {"headers": [("x y", "")]},
    ):
        assert faults(hostile(creating, world).but(**changes), answer) == []


def hostile(creating: Operation, world: World) -> Request:
    return in_bodies.good(creating, world).but(allowed=frozenset({400}), fault="name")
