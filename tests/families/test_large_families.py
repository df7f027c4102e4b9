"""A family of a hundred costs no read more round trips than one of two; the checker goes through 10,000.

Source: HTTP contract, section 18 (rule 21).
"""

import re
from typing import Any

import pytest

from families.actions import members
from families.actions.relationships import Pair, relate
from families.rules import RelationshipType, reciprocal
from ops import clock
from ops.mongo.collections import Document, collection
from tests import commands
from tests.api import Api
from tests.authorization import operations
from tests.consistency import faults
from tests.database import documents
from tests.factories import Person, new_family, new_person
from tests.scale import FULL
from tests.world import TESTS

LARGE = 100 if FULL else 20
MANY = 10_000 if FULL else 500
AT_ONCE = 2_000  # in one command
COPIED = ("users", "families", "family_people", "family_relationships", "sbd_accounts")
# Ids, and the names of people and accounts.
OWN = re.compile(r"(user|fam|rel|acc)_[0-9a-f]{30}$|person-|family_")
OTHERS = re.compile(r"\{token}|/health")
READS = [
    each.path
    for each in operations()
    if each.method == "GET" and each.path.startswith("/family/") and not OTHERS.search(each.path)
]


def family_of(founder: Person, size: int) -> Document:
    """Return a family with so many members, each related to the founder."""
    family = new_family(founder)
    collection("families").update({"_id": family["_id"]}, {"$set": {"limits.max_members": size}})
    for _ in range(size - 1):
        person = new_person()
        members.join(family["_id"], person.id, actor=TESTS, now=clock.now())
        kind = RelationshipType.CHILD
        pair = Pair(founder.id, person.id, kind, reciprocal(kind))
        relate(family["_id"], pair, by=founder.id, now=clock.now())
    return family


def steps_of_reads(founder: Person, family_id: str) -> dict[str, list[str]]:
    """Return the commands of each read below ``/family``."""
    found = {}
    for path in READS:
        with commands.recorded() as sent:
            address = path.format(family_id=family_id)
            answer = Api(founder).get(address if family_id in address else f"{address}?family_id={family_id}")
        assert answer.status == 200, (path, answer.text)
        found[path] = commands.steps(sent)
    return found


@pytest.mark.scaled
def test_no_read_costs_more_round_trips_for_a_larger_family(person: Person) -> None:
    small, large = family_of(person, 2), family_of(person, LARGE)
    steps_of_reads(person, small["_id"])  # of which the session is remembered

    of_small, of_large = (steps_of_reads(person, each["_id"]) for each in (small, large))

    assert of_large == of_small
    assert len(of_small) >= 10
    assert len(Api(person).get(f"/family/{large['_id']}/members").json) == LARGE


@pytest.mark.scaled
def test_the_checker_goes_through_very_many_families(person: Person) -> None:
    family = family_of(person, 2)
    couple = documents(*COPIED)
    with commands.unwatched():
        for name, found in couple.items():
            for first in range(0, MANY, AT_ONCE):
                numbers = range(first, min(first + AT_ONCE, MANY))
                collection(name).insert(*(copied(each, number) for number in numbers for each in found))
        nobody: Document = {"$set": {"admin_user_ids": []}}
        collection("families").update({"_id": f"{family['_id']}-7"}, nobody)

        assert faults(clock.now()) == [
            f"Larks: admins by role ['{person.id}-7'], listed []",
            f"Larks: managers {{'{person.id}-7'}} are not the admins",
        ]


def copied(value: Any, number: int) -> Any:
    """Return a document of somebody else: with ids and names, but not with words, of their own."""
    if isinstance(value, dict):
        return {name: copied(each, number) for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each, number) for each in value]
    if not isinstance(value, str):
        return value
    return " ".join(f"{word}-{number}" if OWN.match(word) else word for word in value.split(" "))
