"""GET /family/{id}/members. Source: HTTP contract, sections 1.2 (strangers) and 6."""

from typing import Any

from families.actions import relationships
from families.actions.relationships import Pair
from families.rules import RelationshipType
from ops import clock
from ops.mongo.collections import Document, collection
from tests import commands
from tests.api import Api
from tests.database import documents
from tests.factories import Person, new_family, new_invitation, new_member
from tests.families.household import (
    account,
    admin_of,
    disable,
    joined,
    leave,
    members_seen_by,
    moment,
    relate,
    relationships_seen_by,
    standing_by,
    stored,
)

MEMBER = {
    *("user_id", "username", "email", "role", "is_backup_admin", "joined_at", "relationship_type"),
    *("relationships", "spending_permissions"),
}


def by_id(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {each["user_id"]: each[name] for each in found}


def test_a_family_of_one_lists_its_founder(person: Person, larks: Document) -> None:
    answer = Api(person).get(f"/family/{larks['_id']}/members")

    (holder,) = account(larks)["holders"]
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == [
        {
            "user_id": person.id,
            "username": person.username,
            "email": person.email,
            "role": "admin",
            "is_backup_admin": False,
            "joined_at": moment(stored(larks)["members"][0]["joined_at"]),
            "relationship_type": "self",
            "relationships": [],
            "spending_permissions": {
                "role": "manager",
                "can_spend": True,
                "spending_limit": -1,
                "period_limit": None,
                "updated_by": person.id,
                "updated_at": moment(holder["updated_at"]),
            },
        }
    ]


def test_a_member_sees_what_everybody_is_to_them(person: Person, larks: Document) -> None:
    child, cousin = joined(larks, "child"), joined(larks, "cousin")
    relate(person, larks, person.id, child.id, "child")
    relate(person, larks, child.id, cousin.id, "cousin")

    seen = {each.id: members_seen_by(each, larks) for each in (person, child, cousin)}

    kinds = {viewer: by_id(found, "relationship_type") for viewer, found in seen.items()}
    assert kinds == {
        person.id: {person.id: "self", child.id: "child", cousin.id: "member"},
        child.id: {person.id: "parent", child.id: "self", cousin.id: "cousin"},
        cousin.id: {person.id: "member", child.id: "cousin", cousin.id: "self"},
    }


def test_the_relatives_of_each_are_what_they_are_to_that_one(person: Person, larks: Document) -> None:
    aunt, niece = joined(larks, "aunt"), joined(larks, "niece")
    first = relate(person, larks, aunt.id, niece.id, "niece", reciprocal_type="aunt").json
    second = relate(person, larks, person.id, aunt.id, "sibling").json

    seen = by_id(members_seen_by(niece, larks), "relationships")

    def relative(other: Person, kind: str, relationship: dict[str, Any]) -> dict[str, Any]:
        return {
            "related_user_id": other.id,
            "related_username": other.username,
            "relationship_type": kind,
            "relationship_id": relationship["relationship_id"],
        }

    assert seen == {
        person.id: [relative(aunt, "sibling", second)],
        aunt.id: [relative(niece, "niece", first), relative(person, "sibling", second)],
        niece.id: [relative(aunt, "aunt", first)],
    }


def test_who_came_first_stands_first(person: Person, larks: Document) -> None:
    order = [person, *(joined(larks, name) for name in ("zoe", "amy", "mia"))]

    assert [each["user_id"] for each in members_seen_by(order[2], larks)] == [each.id for each in order]


def test_an_address_is_for_admins_and_the_person(person: Person, larks: Document) -> None:
    other, backup, member = admin_of(larks, person), standing_by(larks, person), joined(larks)
    all_of_them = {each.id: each.email for each in (person, other, backup, member)}

    assert by_id(members_seen_by(person, larks), "email") == all_of_them
    assert by_id(members_seen_by(other, larks), "email") == all_of_them
    for each in (backup, member):
        own = {**dict.fromkeys(all_of_them), each.id: each.email}
        assert by_id(members_seen_by(each, larks), "email") == own


def test_roles_and_rights_are_shown_as_they_are(person: Person, larks: Document) -> None:
    other, backup, member = admin_of(larks, person), standing_by(larks, person), joined(larks)

    seen = members_seen_by(member, larks)

    assert all(each.keys() == MEMBER for each in seen)
    role = {
        each["user_id"]: (each["role"], each["is_backup_admin"], each["spending_permissions"]["role"])
        for each in seen
    }
    assert role == {
        person.id: ("admin", False, "manager"),
        other.id: ("admin", False, "manager"),
        backup.id: ("member", True, "viewer"),
        member.id: ("member", False, "viewer"),
    }
    assert {each["spending_permissions"]["updated_by"] for each in seen if each["role"] == "admin"} == {
        person.id
    }


def test_an_invitation_says_what_the_invitee_is_to_the_inviter(
    person: Person, larks: Document, guest: Person
) -> None:
    invitation = new_invitation(larks["_id"], person, guest.email, RelationshipType.GRANDCHILD)
    Api(guest).post(f"/family/invitation/{invitation['_id']}/respond", {"action": "accept"})

    assert by_id(members_seen_by(person, larks), "relationship_type")[guest.id] == "grandchild"
    assert by_id(members_seen_by(guest, larks), "relationship_type")[person.id] == "grandparent"


def test_relatives_who_are_gone_are_none(person: Person, larks: Document) -> None:
    member = new_member(larks["_id"], person)
    gone = new_member(larks["_id"], person)
    leave(gone, larks)

    seen = members_seen_by(person, larks)

    assert [each["user_id"] for each in seen] == [person.id, member.id]
    assert [each["related_user_id"] for each in seen[0]["relationships"]] == [member.id]


def test_a_disabled_member_is_listed(person: Person, larks: Document) -> None:
    member = joined(larks)
    disable(member)

    assert [each["user_id"] for each in members_seen_by(person, larks)] == [person.id, member.id]


def test_who_is_no_member_learns_nothing(person: Person, larks: Document, stranger: Person) -> None:
    former, elsewhere = joined(larks), new_family(stranger, "Owls")
    leave(former, larks)

    for path in ("members", "relationships"):
        unknown = Api(stranger).get(f"/family/fam_unknown/{path}")
        for outsider in (stranger, former):
            answer = Api(outsider).get(f"/family/{larks['_id']}/{path}")
            assert answer.problem == (404, "FAMILY_NOT_FOUND")
            assert answer.json | {"request_id": ""} == unknown.json | {"request_id": ""}
        assert Api(person).get(f"/family/{elsewhere['_id']}/{path}").problem == (404, "FAMILY_NOT_FOUND")
        assert Api().get(f"/family/{larks['_id']}/{path}").problem == (401, "AUTHENTICATION_REQUIRED")


def test_what_changes_between_the_reads_breaks_nothing(
    person: Person, larks: Document, stranger: Person
) -> None:
    """As it is for a moment to whoever reads while somebody comes and somebody goes."""
    member, gone = new_member(larks["_id"], person), new_member(larks["_id"], person)
    left = {"$pull": {"holders": {"user_id": gone.id}}}
    collection("sbd_accounts").update({"_id": larks["account_id"]}, left)
    pair = Pair(person.id, stranger.id, RelationshipType.SPOUSE, RelationshipType.SPOUSE)
    relationships.relate(larks["_id"], pair, by=person.id, now=clock.now())

    seen = members_seen_by(person, larks)

    assert [each["user_id"] for each in seen] == [person.id, member.id]
    assert [each["related_user_id"] for each in seen[0]["relationships"]] == [member.id, gone.id]
    assert len(relationships_seen_by(person, larks)) == 3
    assert Api(person).get(f"/family/{larks['_id']}").status == 200


def test_looking_changes_nothing(person: Person, larks: Document) -> None:
    new_member(larks["_id"], person)
    before = documents()

    for path in ("members", "relationships", "admin-actions"):
        assert Api(person).get(f"/family/{larks['_id']}/{path}").status == 200
    assert documents() == before


def test_more_members_take_no_more_round_trips(person: Person, larks: Document) -> None:
    def cost(path: str) -> int:
        with commands.recorded() as sent:
            assert Api(person).get(f"/family/{larks['_id']}/{path}").status == 200
        return len(sent)

    paths = ("members", "relationships", "admin-actions")
    cost("members")  # the first call looks the session up
    alone = [cost(path) for path in paths]
    for _ in range(4):
        new_member(larks["_id"], person)

    assert [cost(path) for path in paths] == alone
    assert max(alone) <= 3
