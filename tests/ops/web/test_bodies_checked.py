"""Bodies are read by copies of one reader: what one of them met is no other's."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from ops.web.serializers import StrictInteger, StrictSerializer, Text


class _Part(StrictSerializer):
    name = Text(max_length=10)


class _Body(StrictSerializer):
    amount = StrictInteger(min_value=1)
    note = Text(max_length=10, required=False)
    parts = serializers.ListField(child=_Part(), required=False)


def outcome(body: Any) -> Any:
    """What becomes of a body: its fields, or the names of those that are wrong."""
    try:
        return dict(_Body.checked(body))
    except ValidationError as error:
        return set(error.detail)


BODIES = [
    ({"amount": 5}, {"amount": 5}),
    ({"amount": 7, "note": "a"}, {"amount": 7, "note": "a"}),
    ({"amount": 0}, {"amount"}),
    ({}, {"amount"}),
    ({"amount": 1, "other": 1}, {"other"}),
    ({"amount": 1, "parts": [{"name": "x"}]}, {"amount": 1, "parts": [{"name": "x"}]}),
    ({"amount": 1, "parts": [{"name": 5}]}, {"parts"}),
    ([], {"body"}),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_a_body_is_read_the_same_whatever_was_read_before(body: Any, expected: Any) -> None:
    outcome({"amount": 3, "note": "before", "wrong": True})
    outcome({"amount": 9, "note": "before"})

    assert outcome(body) == expected


def test_bodies_that_are_read_at_one_time_stay_apart() -> None:
    bodies = [({"amount": number, "note": str(number)}, number) for number in range(1, 2001)]
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda each: outcome(each[0]), bodies))

    assert read == [{"amount": number, "note": str(number)} for _, number in bodies]


def test_no_body_at_all_is_a_fault_of_the_body() -> None:
    with pytest.raises(ValidationError):
        _Body.checked(None)
