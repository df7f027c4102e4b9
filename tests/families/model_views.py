"""What somebody sees of families, held against the model."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.api import Api
from tests.consistency import MEMBER_LIMIT
from tests.factories import Person
from tests.families.family_model import ADMIN, MANAGER, MEMBER, VIEWER, Families, Family

People = Mapping[str, Person]
View = Callable[[Families, People, str, str | None], None]


def members(model: Families, people: People, viewer: str, family_id: str | None) -> None:
    """Look at the members of one of the viewer's families."""
    if family_id is None:
        return
    found = Api(people[viewer]).get(f"/family/{family_id}/members").json
    family = model.families[family_id]
    seen = [
        {
            **each,
            "relationships": {
                other["related_user_id"]: other["relationship_type"] for other in each["relationships"]
            },
            "spending_permissions": _rights(each["spending_permissions"]),
        }
        for each in found
    ]
    for each in seen:
        del each["joined_at"]
    assert seen == [_member(model, people, viewer, family, user) for user in family.members]


def _member(model: Families, people: People, viewer: str, family: Family, user: str) -> dict[str, Any]:
    tie = model.tie(family, viewer, user) or MEMBER
    return {
        "user_id": user,
        "username": people[user].username,
        "email": people[user].email if viewer in family.admins or viewer == user else None,
        "role": ADMIN if user in family.admins else MEMBER,
        "is_backup_admin": user in family.backups,
        "relationship_type": "self" if user == viewer else tie,
        "relationships": {
            other: kind
            for other in family.members
            if other != user and (kind := model.tie(family, user, other)) is not None
        },
        "spending_permissions": MANAGER if user in family.admins else VIEWER,
    }


def relationships(model: Families, people: People, viewer: str, family_id: str | None) -> None:
    """Look at the relationships of one of the viewer's families."""
    if family_id is None:
        return
    found = Api(people[viewer]).get(f"/family/{family_id}/relationships").json
    seen = [
        {each[side]["user_id"]: each[side]["relationship_type"] for side in ("user_a", "user_b")}
        for each in found
    ]
    assert seen == list(model.families[family_id].ties.values())
    assert {each["status"] for each in found} <= {"active"}


def one_family(model: Families, people: People, viewer: str, family_id: str | None) -> None:
    """Look at one of the viewer's families."""
    if family_id is None:
        return
    seen = Api(people[viewer]).get(f"/family/{family_id}").json
    family = model.families[family_id]
    pending = len(model.pending(family_id))
    assert sorted(seen["admin_user_ids"]) == sorted(family.admins)
    assert seen["succession_plan"] == {"backup_admins": family.backups}
    assert seen["settings"]["allow_member_invites"] == family.members_invite
    assert (seen["member_count"], seen["status"]) == (len(family.members), "active")
    is_admin = viewer in family.admins
    assert (seen["is_admin"], seen["user_role"]) == (is_admin, ADMIN if is_admin else MEMBER)
    assert seen["is_backup_admin"] == (viewer in family.backups)
    assert seen["usage_stats"] == {
        "current_members": len(family.members),
        "max_members_allowed": MEMBER_LIMIT,
        "pending_invitations": pending,
        "can_add_members": len(family.members) + pending < MEMBER_LIMIT,
    }
    rights = {user: _rights(each) for user, each in seen["sbd_account"]["spending_permissions"].items()}
    assert rights == {
        user: MANAGER if user in family.admins else VIEWER
        for user in family.members
        if user not in model.disabled
    }


def my_families(model: Families, people: People, viewer: str, _family_id: str | None) -> None:
    """Look at the viewer's families, and at one of which they are no member."""
    seen = [each["family_id"] for each in Api(people[viewer]).get("/family/my-families").json]
    assert seen == [family_id for user, family_id in reversed(model.memberships) if user == viewer]
    for family_id, family in model.families.items():
        if viewer not in family.members:
            answer = Api(people[viewer]).get(f"/family/{family_id}")
            assert answer.problem == (404, "FAMILY_NOT_FOUND")
            break


def _rights(seen: Mapping[str, Any]) -> tuple[Any, ...]:
    return seen["role"], seen["can_spend"], seen["spending_limit"]


VIEWS: tuple[View, ...] = (members, relationships, one_family, my_families)
