"""Hostile connections to the real system: nothing is done by halves, and the next caller is served.

Source: HTTP contract, section 18 (rule 16).
"""

import contextlib
import json
import time
from collections.abc import Iterator
from random import Random

import pytest

from tests.hostile import world as worlds
from tests.hostile.campaign import IS_FULL, SEED
from tests.hostile.line import Answer, HungUpError, Line
from tests.hostile.operations import Operation, operations
from tests.hostile.served import Served
from tests.hostile.verdict import NO_HTTP, PROBLEM
from tests.hostile.wire import TALKS, TOO_LARGE, Make, Talk, endless_head
from tests.hostile.world import World

TRIES = 500 if IS_FULL else 24
PAUSE_SECONDS = 0.001  # so that pieces are read one by one
ADDRESS = "127.9.9.9"
pytestmark = pytest.mark.scaled


@pytest.mark.parametrize("make", TALKS, ids=lambda make: str(make.__name__))
def test_a_hostile_connection_is_refused_and_changes_nothing(served: Served, make: Make) -> None:
    world, before_it = worlds.new_world(), served.defects()
    tried = [each for each in operations() if each.body is not None]
    before = worlds.digest()

    for number in range(TRIES):
        worlds.forget_limits()
        draw = Random(f"{SEED}:{make.__name__}:{number}")  # noqa: S311  # it must come again, and keeps no secret
        operation = tried[number % len(tried)]
        talk = make(draw, operation, world)
        assert wrong(served, operation, talk) == [], (number, talk)

    assert is_served(served, world)
    assert worlds.digest() == before
    assert served.defects() == before_it


def test_a_head_that_never_ends_is_not_kept(served: Served) -> None:
    world, before = worlds.new_world(), served.megabytes
    operation = next(each for each in operations() if each.body is not None)
    begun, *more = endless_head(Random(SEED), operation, world).pieces  # noqa: S311  # it keeps no secret

    with contextlib.closing(served.line(ADDRESS)) as line:
        line.send(begun)
        for _ in range(100):
            line.send(b"".join(more))

        assert (line.answer().body, list(last_words(line))) == (TOO_LARGE, [])
    assert served.megabytes - before < 20  # of 32 MB sent


def test_who_says_nothing_keeps_nobody_else_waiting(served: Served) -> None:
    world = worlds.new_world()
    with contextlib.ExitStack() as lines:
        for number in range(200):
            line = lines.enter_context(contextlib.closing(served.line(ADDRESS)))
            line.send(b"POST /auth/login HTTP/1.1\r\nContent-Length: 9\r\n\r\n{" if number % 2 else b"GET /")

        assert is_served(served, world)


def test_a_wish_for_another_protocol_is_passed_over_where_there_is_no_body(served: Served) -> None:
    world = worlds.new_world()

    assert is_served(
        served, world, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"
    )


def test_what_is_tried_would_be_taken_if_it_were_whole(served: Served) -> None:
    world = worlds.new_world()
    operation = next(each for each in operations() if each.label == "POST /family/create")
    before = worlds.digest()

    with contextlib.closing(served.line(ADDRESS)) as line:
        answer = line.send(endless_head(Random(SEED), operation, world).pieces[0] + b"\r\n").answer()  # noqa: S311  # it keeps no secret

    assert answer.status == 201
    assert worlds.digest() != before


def is_served(served: Served, world: World, *headers: str) -> bool:
    """Tell whether an honest caller gets an answer, and another one on the same connection."""
    signed_in = f"Authorization: Bearer {world.founder.token}"
    raw = "\r\n".join(["GET /auth/me HTTP/1.1", "Host: localhost", signed_in, *headers, "", ""]).encode()
    with contextlib.closing(served.line()) as line:
        return [line.send(raw).answer().status for _ in range(2)] == [200, 200]


def wrong(served: Served, operation: Operation, talk: Talk) -> list[Answer]:
    """Say it; return the answers that are not right."""
    with contextlib.closing(served.line(ADDRESS)) as line:
        for piece in talk.pieces:
            line.send(piece)
            if len(talk.pieces) > 1:
                time.sleep(PAUSE_SECONDS)
        answers = [line.answer(operation.method) for _ in talk.expected]
        last = list(last_words(line)) if talk.is_hung_up else []
    found = [
        each for each, statuses in zip(answers, talk.expected, strict=True) if each.status not in statuses
    ]
    if talk.request_ids and [each.headers["x-request-id"] for each in answers] != list(talk.request_ids):
        found += answers
    if talk.is_hung_up and not (answers or last):
        found.append(Answer(0, {}, b"hung up without a word"))
    return found + [each for each in [*answers, *last] if not is_refusal(each)]


def last_words(line: Line) -> Iterator[Answer]:
    """Yield what else comes until the server hangs up."""
    with contextlib.suppress(HungUpError):
        while True:
            yield line.answer()


def is_refusal(answer: Answer) -> bool:
    """Tell whether it is ours, in the one shape, or the server's word on what is no HTTP."""
    if answer.media_type == PROBLEM:
        body = json.loads(answer.body)
        return bool(400 <= answer.status < 500 and body["status"] == answer.status)
    return answer.status == 400 and answer.body in {NO_HTTP[1], TOO_LARGE}
