"""GET and PUT /family/{id}/relationships. Source: HTTP contract, sections 6, 12 and 18 (9, 16 to 18)."""

import pytest

from families.rules import RelationshipType
from ops.mongo.collections import Document
from tests.api import Api
from tests.consistency import REVERSES
from tests.database import audit, documents
from tests.factories import Person, new_family, new_invitation
from tests.families.household import (
    admin_of,
    ids,
    joined,
    leave,
    mailed,
    members_seen_by,
    moment,
    new_entries,
    relate,
    relationships_seen_by,
    remove,
    roles,
    stored,
    told,
)

FIRST_REVERSES = {
    "parent": "child",
    "child": "parent",
    "grandparent": "grandchild",
    "grandchild": "grandparent",
    "uncle": "nephew",
    "aunt": "niece",
    "nephew": "uncle",
    "niece": "aunt",
    "sibling": "sibling",
    "spouse": "spouse",
    "cousin": "cousin",
}
TYPES = sorted(REVERSES)
FITTING = [(kind, reverse) for kind in TYPES for reverse in sorted(REVERSES[kind])]


def active() -> list[Document]:
    """Return the relationships that there are."""
    found = documents("family_relationships")["family_relationships"]
    return [each for each in found if each["status"] == "active"]


def to_each_other(viewer: Person, family: Document) -> dict[str, str]:
    """Return what the members are to somebody."""
    return {each["user_id"]: each["relationship_type"] for each in members_seen_by(viewer, family)}


def test_two_are_related(person: Person, larks: Document) -> None:
    uncle, niece, bystander = joined(larks), joined(larks), joined(larks)
    before, etag = audit(), Api(person).get(f"/family/{larks['_id']}").headers["ETag"]

    answer = relate(person, larks, uncle.id, niece.id, "niece", reciprocal_type="uncle")

    (relationship,) = active()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "success",
        "message": "The relationship was set.",
        "transaction_safe": True,
        "relationship_id": relationship["_id"],
        "family_id": larks["_id"],
        "user_a_id": uncle.id,
        "user_b_id": niece.id,
        "old_relationship_type": None,
        "new_relationship_type": "niece",
        "new_reciprocal_type": "uncle",
        "modified_by": person.id,
        "modified_at": moment(relationship["updated_at"]),
    }
    assert relationship["_id"].startswith("rel_")
    # What somebody is, seen from the other.
    assert to_each_other(uncle, larks)[niece.id] == "niece"
    assert to_each_other(niece, larks)[uncle.id] == "uncle"
    assert roles(larks).keys() == {person.id, uncle.id, niece.id, bystander.id}
    assert told("relationship_modified") == ids(uncle, niece)
    assert mailed("relationship_modified") == []
    (entry,) = new_entries(before)
    said = (entry["action"], entry["actor"], entry["target"], entry["family_id"])
    assert said == ("relationship.changed", person.id, relationship["_id"], larks["_id"])
    # No member of the family's answer tells of it, so its tag stays.
    assert Api(person).get(f"/family/{larks['_id']}").headers["ETag"] == etag


def test_a_relationship_is_listed_with_both_sides(person: Person, larks: Document) -> None:
    child = joined(larks)
    changed = relate(person, larks, person.id, child.id, "child").json

    answer = Api(child).get(f"/family/{larks['_id']}/relationships")

    (relationship,) = active()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    # What the other is to each of them.
    assert answer.json == [
        {
            "relationship_id": changed["relationship_id"],
            "family_id": larks["_id"],
            "user_a": {"user_id": person.id, "username": person.username, "relationship_type": "child"},
            "user_b": {"user_id": child.id, "username": child.username, "relationship_type": "parent"},
            "status": "active",
            "created_by": person.id,
            "created_at": moment(relationship["created_at"]),
            "updated_at": changed["modified_at"],
        }
    ]


def test_the_oldest_is_listed_first_and_none_that_ended(person: Person, larks: Document) -> None:
    one, two, gone = joined(larks), joined(larks), joined(larks)
    first = relate(person, larks, two.id, one.id, "sibling").json["relationship_id"]
    relate(person, larks, gone.id, one.id, "cousin")
    second = relate(person, larks, person.id, two.id, "child").json["relationship_id"]
    third = relate(person, larks, person.id, one.id, "child").json["relationship_id"]
    leave(gone, larks)
    relate(person, larks, two.id, one.id, "cousin")  # changed, and as old as it was

    listed = [each["relationship_id"] for each in relationships_seen_by(one, larks)]

    assert listed == [first, second, third]


def test_a_family_of_one_has_none(person: Person, larks: Document) -> None:
    assert relationships_seen_by(person, larks) == []


@pytest.mark.parametrize("kind", TYPES)
def test_the_other_side_follows_unless_it_is_said(person: Person, larks: Document, kind: str) -> None:
    other = joined(larks)

    changed = relate(person, larks, person.id, other.id, kind).json

    said = changed["new_relationship_type"], changed["new_reciprocal_type"]
    assert said == (kind, FIRST_REVERSES[kind])
    assert to_each_other(person, larks)[other.id] == kind
    assert to_each_other(other, larks)[person.id] == FIRST_REVERSES[kind]


def test_both_sides_are_taken_as_they_are_said_where_they_fit(person: Person, larks: Document) -> None:
    one, other = joined(larks), joined(larks)
    old = None

    for kind, reverse in FITTING:
        changed = relate(person, larks, one.id, other.id, kind, reciprocal_type=reverse).json
        assert changed["old_relationship_type"] == old
        assert (changed["new_relationship_type"], changed["new_reciprocal_type"]) == (kind, reverse)
        assert to_each_other(one, larks)[other.id] == kind
        assert to_each_other(other, larks)[one.id] == reverse
        old = kind
    assert len(active()) == 1
    assert roles(larks).keys() == {person.id, one.id, other.id}


def test_it_is_written_as_the_first_named_sees_it_however_it_is_stored(
    person: Person, larks: Document
) -> None:
    one, other = joined(larks), joined(larks)
    first = relate(person, larks, one.id, other.id, "child").json

    second = relate(person, larks, other.id, one.id, "grandparent").json

    # The old type is seen from the first named, too.
    assert (second["user_a_id"], second["user_b_id"]) == (other.id, one.id)
    assert (second["old_relationship_type"], second["new_relationship_type"]) == ("parent", "grandparent")
    assert second["new_reciprocal_type"] == "grandchild"
    assert second["relationship_id"] == first["relationship_id"]
    assert to_each_other(one, larks)[other.id] == "grandchild"
    assert to_each_other(other, larks)[one.id] == "grandparent"
    (listed,) = relationships_seen_by(person, larks)
    sides = {listed[side]["user_id"]: listed[side]["relationship_type"] for side in ("user_a", "user_b")}
    assert sides == {one.id: "grandchild", other.id: "grandparent"}


def test_what_an_invitation_began_is_changed(person: Person, larks: Document, guest: Person) -> None:
    invitation = new_invitation(larks["_id"], person, guest.email, RelationshipType.SPOUSE)
    Api(guest).post(f"/family/invitation/{invitation['_id']}/respond", {"action": "accept"})
    (began,) = active()

    changed = relate(person, larks, guest.id, person.id, "aunt", reciprocal_type="nephew").json

    assert (changed["relationship_id"], changed["old_relationship_type"]) == (began["_id"], "spouse")
    (listed,) = relationships_seen_by(guest, larks)
    assert (listed["created_by"], listed["created_at"]) == (began["created_by"], moment(began["created_at"]))
    assert to_each_other(guest, larks)[person.id] == "aunt"
    assert to_each_other(person, larks)[guest.id] == "nephew"


def test_upper_case_is_taken(person: Person, larks: Document) -> None:
    other = joined(larks)

    changed = relate(person, larks, person.id, other.id, "NEPHEW", reciprocal_type="Aunt").json

    said = changed["new_relationship_type"], changed["new_reciprocal_type"]
    assert said == ("nephew", "aunt")


def test_the_same_again_changes_nothing_and_tells_nobody(person: Person, larks: Document) -> None:
    other = joined(larks)
    relate(person, larks, person.id, other.id, "sibling")
    before = documents()

    again = relate(person, larks, person.id, other.id, "sibling")

    assert again.status == 200
    assert (again.json["old_relationship_type"], again.json["new_relationship_type"]) == (
        "sibling",
        "sibling",
    )
    assert documents() == before


def test_each_pair_of_a_family_has_its_own(person: Person, larks: Document) -> None:
    people = [person, *(joined(larks) for _ in range(3)), admin_of(larks, person)]
    pairs = [(one, other) for place, one in enumerate(people) for other in people[place + 1 :]]

    for one, other in pairs:
        assert relate(people[-1], larks, one.id, other.id, "cousin").json["old_relationship_type"] is None
    assert len(active()) == len(pairs) == 10
    assert all(set(to_each_other(each, larks).values()) == {"self", "cousin"} for each in people)
    assert roles(larks).keys() == {each.id for each in people}

    gone = remove(person, larks, people[1].id).json
    assert gone["relationships_cleaned"] == 4
    assert len(relationships_seen_by(person, larks)) == len(active()) == 6


def test_the_same_pair_is_something_else_in_another_family(person: Person, larks: Document) -> None:
    other, owls = joined(larks), new_family(person, "Owls")
    invitation = new_invitation(owls["_id"], person, other.email, RelationshipType.COUSIN)
    Api(other).post(f"/family/invitation/{invitation['_id']}/respond", {"action": "accept"})
    relate(person, larks, person.id, other.id, "spouse")

    assert to_each_other(person, owls)[other.id] == "cousin"
    assert to_each_other(person, larks)[other.id] == "spouse"
    assert stored(owls)["version"] == 2
