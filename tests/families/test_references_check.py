"""What doctor's deep look says of documents that name each other, and of those that were changed."""

from typing import NamedTuple

import pytest

from families import checks
from families.actions import referring, relationships
from families.actions.relationships import Pair
from families.rules import RelationshipType
from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from tests.factories import Person, new_family
from tests.families.household import joined
from tests.world import TESTS

ACCOUNTS = "sbd_accounts"


class Larks(NamedTuple):
    """A family of two, who are siblings."""

    family: str
    account: str
    other: str
    relationship: str


def looked() -> Finding:
    return checks.look_at_references(whereabouts.from_settings())


@pytest.fixture
def larks(person: Person) -> Larks:
    family = new_family(person)
    other = joined(family).id
    pair = Pair(person.id, other, RelationshipType.SIBLING, RelationshipType.SIBLING)
    relate = unit_of_work()(relationships.relate)
    relationship = relate(family["_id"], pair, by=TESTS.id, now=clock.now())
    return Larks(family["_id"], family["account_id"], other, relationship)


def change(name: str, document_id: str, **fields: object) -> None:
    changed = {path.replace("__", "."): value for path, value in fields.items()}
    assert collection(name).update({"_id": document_id}, {"$set": changed})


def told() -> list[str]:
    """Return the faults, each with the id of its document."""
    found = referring.verify()
    assert found.broken == len(found.kept)
    assert all(each.document in each.sentence for each in found.kept)
    return [each.sentence for each in found.kept]


def test_a_sound_family_is_found_sound(larks: Larks) -> None:
    assert looked() == Finding(Result.OK, ("1 families and 1 relationships were read",))
    assert told() == []
    assert collection("families").find_one({"_id": larks.family}) is not None


def test_all_are_read_page_by_page(larks: Larks, monkeypatch: pytest.MonkeyPatch, stranger: Person) -> None:
    monkeypatch.setattr(referring, "PAGE", 1)
    second = new_family(stranger)["_id"]
    for each in (larks.family, second):
        change("families", each, admin_user_ids=["user_nobody"])

    found = referring.verify()

    assert (found.families, found.relationships, found.broken) == (2, 1, 2)
    assert {each.document for each in found.kept} == {larks.family, second}


def test_a_member_who_is_no_user_and_no_holder(larks: Larks) -> None:
    change("families", larks.family, members__1__user_id="user_nobody")

    found = looked()

    strangers = ", ".join(sorted((larks.other, "user_nobody")))
    assert found.result == Result.FAILED
    assert found.evidence == (
        "1 families and 1 relationships were read, 3 faults",
        f"{larks.family} has members who are no users: user_nobody",
        f"{larks.family}: holders of {larks.account} are not its members: {strangers}",
        f"{larks.relationship} is of people who are no members: {larks.other}",
    )
    assert found.remedy == f".venv/bin/python manage.py timeline {larks.family}"
    assert found.due_to == ("counts",)


def test_an_account_that_is_gone_or_anothers(larks: Larks) -> None:
    change(ACCOUNTS, larks.account, owner__id="fam_other")
    anothers = told()
    collection(ACCOUNTS).delete({"_id": larks.account})

    assert anothers == [f"{larks.family} has the account {larks.account}, which is of fam_other"]
    assert told() == [f"{larks.family} has no account: there is no {larks.account}"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"user_b__relationship_type": "parent"}, "the sides of {} do not agree: sibling and parent"),
        ({"user_a__relationship_type": "friend"}, "the sides of {} do not agree: friend and sibling"),
        ({"pair": "a b"}, "{} is found by another pair than it is of"),
        ({"family_id": "fam_gone"}, "{} is of fam_gone, which is not there"),
    ],
)
def test_a_relationship_whose_sides_do_not_fit(larks: Larks, changed: dict[str, str], sentence: str) -> None:
    change("family_relationships", larks.relationship, **changed)

    assert told() == [sentence.format(larks.relationship)]


def test_what_has_ended_is_not_looked_at(larks: Larks) -> None:
    change("family_relationships", larks.relationship, status="ended", pair="a b")

    assert told() == []
