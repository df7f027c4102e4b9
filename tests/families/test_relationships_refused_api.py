"""What PUT /family/{id}/relationships refuses. Source: HTTP contract, sections 1.1, 1.2, 2.2, 6, 18 (16)."""

from typing import Any

import pytest

from ops.mongo.collections import Document
from tests.api import Api
from tests.consistency import REVERSES
from tests.database import documents
from tests.factories import Person, new_family
from tests.families.household import (
    NOBODY,
    joined,
    leave,
    relate,
    standing_by,
)

TYPES = sorted(REVERSES)
NOT_FITTING = [(kind, reverse) for kind in TYPES for reverse in TYPES if reverse not in REVERSES[kind]]


def test_sides_that_do_not_fit_are_refused(person: Person, larks: Document) -> None:
    other = joined(larks)
    relate(person, larks, person.id, other.id, "cousin")
    before = documents()

    for kind, reverse in NOT_FITTING:
        answer = relate(person, larks, person.id, other.id, kind, reciprocal_type=reverse)
        assert answer.problem == (400, "INVALID_RELATIONSHIP"), (kind, reverse)
        ((field, code),) = answer.faults
        assert (field, code) == ("reciprocal_type", "invalid_choice")
        (fault,) = answer.json["details"]
        assert all(possible in fault["message"] for possible in REVERSES[kind])
    assert documents() == before


@pytest.mark.parametrize("kind", ["friend", "self", "member", "brother", "парент", "$set"])
@pytest.mark.parametrize("field", ["new_relationship_type", "reciprocal_type"])
def test_what_is_no_type_is_refused(person: Person, larks: Document, kind: str, field: str) -> None:
    other = joined(larks)
    before = documents()

    more = {"reciprocal_type": kind} if field == "reciprocal_type" else {}
    answer = relate(person, larks, person.id, other.id, kind if not more else "child", **more)

    assert answer.problem == (400, "INVALID_RELATIONSHIP")
    assert answer.faults == {(field, "invalid_choice")}
    assert documents() == before


def test_the_refusal_lists_the_types(person: Person, larks: Document) -> None:
    other = joined(larks)

    (fault,) = relate(person, larks, person.id, other.id, "friend").json["details"]

    assert fault.keys() == {"field", "code", "message"}
    assert all(kind in fault["message"] for kind in TYPES)


def test_nobody_is_related_to_themselves(person: Person, larks: Document, stranger: Person) -> None:
    member = joined(larks)
    before = documents()

    # A fault of the body, so told to whoever sends it, and of whomever it speaks.
    for sender in (person, member, stranger):
        for each in (person.id, member.id, NOBODY):
            answer = relate(sender, larks, each, each, "sibling")
            assert answer.problem == (400, "INVALID_RELATIONSHIP")
            assert answer.faults == {("user_b_id", "not_allowed")}
    assert documents() == before


def test_both_are_members(person: Person, larks: Document, stranger: Person) -> None:
    former = joined(larks)
    leave(former, larks)
    new_family(stranger, "Owls")
    before = documents()

    for other in (former.id, stranger.id, NOBODY, "x" * 64):
        assert relate(person, larks, person.id, other, "sibling").problem == (404, "MEMBER_NOT_FOUND")
        assert relate(person, larks, other, person.id, "sibling").problem == (404, "MEMBER_NOT_FOUND")
    assert documents() == before


def test_only_admins_change_them(person: Person, larks: Document, stranger: Person) -> None:
    member, backup, former = joined(larks), standing_by(larks, person), joined(larks)
    leave(former, larks)
    before = documents()

    for each in (member, backup):
        for other in (person.id, NOBODY):  # their own neither
            answer = relate(each, larks, each.id, other, "sibling")
            assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
            assert answer.json["details"].keys() == {"required"}
    for outsider in (stranger, former):
        answer = relate(outsider, larks, person.id, member.id, "sibling")
        assert answer.problem == (404, "FAMILY_NOT_FOUND")
    assert documents() == before


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (
            None,
            {("user_a_id", "required"), ("user_b_id", "required"), ("new_relationship_type", "required")},
        ),
        ([], {("body", "invalid_type")}),
        ({"user_a_id": 1}, {("user_a_id", "invalid_type")}),
        ({"user_b_id": None}, {("user_b_id", "null")}),
        ({"user_a_id": ""}, {("user_a_id", "too_short")}),
        ({"user_b_id": "x" * 65}, {("user_b_id", "too_long")}),
        ({"new_relationship_type": None}, {("new_relationship_type", "null")}),
        ({"new_relationship_type": ["child"]}, {("new_relationship_type", "invalid_type")}),
        ({"reciprocal_type": None}, {("reciprocal_type", "null")}),
        ({"reciprocal_type": 5}, {("reciprocal_type", "invalid_type")}),
        ({"status": "ended"}, {("status", "unknown_field")}),
        (
            {"user_a_id": True, "user_b_id": {}, "x": 1},
            {("user_a_id", "invalid_type"), ("user_b_id", "invalid_type"), ("x", "unknown_field")},
        ),
    ],
)
def test_a_body_against_the_rules_changes_nothing(
    person: Person, larks: Document, body: Any, faults: set[tuple[str, str]]
) -> None:
    member = joined(larks)
    good = {"user_a_id": person.id, "user_b_id": member.id, "new_relationship_type": "child"}
    sent = good | body if isinstance(body, dict) else body
    before = documents()

    answer = Api(person).put(f"/family/{larks['_id']}/relationships", sent)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == faults
    assert documents() == before
