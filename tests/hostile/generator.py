"""Request number so-and-so of a seed: the same whenever it is asked for."""

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import NamedTuple

from tests.hostile import in_bodies, in_heads, in_pages
from tests.hostile.operations import Operation, operations
from tests.hostile.request import Request
from tests.hostile.world import World

Make = Callable[[Random, Operation, World], Request]
# Not in the URL configuration: a middleware serves it.
STATIC = Operation("GET", "/static/{name}", is_public=True)


class Kind(NamedTuple):
    """A way in which requests are hostile.

    Args:
        weight: how many of a round of all kinds are so.
        fits: which operations it says something about.
        outcomes: statuses of which each must be at least a tenth of its answers, so that it shows something.
    """

    make: Make
    weight: int
    fits: Callable[[Operation], bool]
    outcomes: tuple[int, ...]

    @property
    def name(self) -> str:
        """How people name it."""
        return str(getattr(self.make, "__name__", ""))


def _of_api(operation: Operation) -> bool:
    return not operation.is_page


def _any(operation: Operation) -> bool:
    return operation != STATIC and (_of_api(operation) or operation.template.startswith("/docs"))


def _with_body(operation: Operation) -> bool:
    return _of_api(operation) and operation.body is not None


def _changes(operation: Operation) -> bool:
    return _of_api(operation) and not operation.is_read


def _signed_in(operation: Operation) -> bool:
    return _of_api(operation) and not operation.is_public


def _with_id(operation: Operation) -> bool:
    return _of_api(operation) and bool(operation.parameters)


def _kept(operation: Operation) -> bool:
    return "Idempotency-Key" in operation.headers


def _versioned(operation: Operation) -> bool:
    return "If-Match" in operation.headers


def _page(operation: Operation) -> bool:
    return operation.is_page and operation.method == "GET"


def _form(operation: Operation) -> bool:
    return operation.is_page and operation.method == "POST"


KINDS = (
    Kind(in_bodies.field, 20, _with_body, (400,)),
    Kind(in_bodies.unknown_field, 8, _with_body, (400,)),
    Kind(in_bodies.notation, 14, _with_body, (400,)),
    Kind(in_bodies.media, 6, _with_body, (415, 400)),
    Kind(in_bodies.size, 1, _changes, (413,)),
    Kind(in_heads.credentials, 9, _signed_in, (401,)),
    Kind(in_heads.headers, 12, _any, (200, 400)),
    Kind(in_heads.host, 3, _any, (400,)),
    Kind(in_heads.key, 2, _kept, (400,)),
    Kind(in_heads.match, 2, _versioned, (412,)),
    Kind(in_heads.identifier, 8, _with_id, (404,)),
    Kind(in_heads.path, 8, _any, (404,)),
    Kind(in_heads.query, 7, _any, (200, 400)),
    Kind(in_heads.method, 3, _any, (405,)),
    Kind(in_heads.head, 2, _any, (200, 405)),
    Kind(in_heads.word, 1, _any, (400,)),
    Kind(in_pages.page, 3, _page, (200,)),
    Kind(in_pages.form, 3, _form, (403,)),
    Kind(in_pages.forged, 1, _form, (403,)),
)


def request(seed: int, number: int, world: World) -> tuple[Kind, Request]:
    """Return the request and its kind.

    Every operation comes in turn in each kind that says something about it; the rest is drawn.
    """
    kind, turn = _in_turn(number)
    fitting = _fitting(kind)
    draw = Random(f"{seed}:{number}")  # noqa: S311  # it must come again, and keeps no secret
    return kind, kind.make(draw, fitting[turn % len(fitting)], world)


@cache
def _fitting(kind: Kind) -> tuple[Operation, ...]:
    everything = (*operations(), STATIC)
    return tuple(each for each in everything if kind.fits(each))


@cache
def _round() -> tuple[tuple[Kind, int], ...]:
    return tuple(_mixed())


def _mixed() -> Iterator[tuple[Kind, int]]:
    """Yield every kind as often as it weighs, all mixed, with how often it was there before."""
    places = [
        ((place + 0.5) / kind.weight, index)
        for index, kind in enumerate(KINDS)
        for place in range(kind.weight)
    ]
    counts = [itertools.count() for _ in KINDS]
    yield from ((KINDS[index], next(counts[index])) for _, index in sorted(places))


def _in_turn(number: int) -> tuple[Kind, int]:
    """Return the kind of a number, and how many of this kind there are below it."""
    rounds, place = divmod(number, len(_round()))
    kind, before = _round()[place]
    return kind, rounds * kind.weight + before
