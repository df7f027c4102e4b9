"""Members, admins and the end of a family in the look at audit entries."""

from typing import Any

from families.actions import admins, backups, departing, dissolving, members, relationships
from families.actions.relationships import Pair
from families.rules import RelationshipType
from ops import clock
from tests.audited import HOUSE, STAFF, WHY, Row, at, by_staff
from tests.factories import Person, new_family, new_person

PARTS = {
    "recovery_ends.cancel_for": "of promoting by staff: the recovery's end is a change of its own",
    "standing.follow": "of disabling or enabling a user",
    "user_changes.follow": "of disabling or enabling a user",
}
ROWS: dict[str, Row] = {
    "admins.promote": Row(lambda _: admins.promote(*_plain(), **_by_admin()), "admin.promoted"),
    "admins.promote_by_staff": Row(
        lambda _: admins.promote_by_staff(*_plain(), **by_staff(), reason=WHY), "admin.promoted"
    ),
    "admins.demote": Row(lambda _: admins.demote(*_second(), **_by_admin()), "admin.demoted"),
    "admins.demote_by_staff": Row(
        lambda _: admins.demote_by_staff(*_second(), **by_staff(), reason=WHY), "admin.demoted"
    ),
    "backups.designate": Row(
        lambda _: backups.designate(*_plain(), **_by_admin()), "backup_admin.designated"
    ),
    "backups.designate_by_staff": Row(
        lambda _: backups.designate_by_staff(*_plain(), **by_staff(), reason=WHY), "backup_admin.designated"
    ),
    "backups.remove": Row(lambda _: backups.remove(*_ready(), **_by_admin()), "backup_admin.removed"),
    "backups.remove_by_staff": Row(
        lambda _: backups.remove_by_staff(*_ready(), **by_staff(), reason=WHY), "backup_admin.removed"
    ),
    # Of the last admin, so that a backup admin takes over: one entry tells of both.
    "departing.leave": Row(lambda _: departing.leave(HOUSE["led"], **at(HOUSE["leader"])), "member.left"),
    "departing.remove": Row(lambda _: departing.remove(*_plain(), **_by_admin()), "member.removed"),
    "departing.remove_by_staff": Row(
        lambda _: departing.remove_by_staff(*_plain(), **by_staff(), reason=WHY), "member.removed"
    ),
    "dissolving.dissolve": Row(
        lambda _: dissolving.dissolve(HOUSE["shared"], **_by_admin()), "family.dissolved"
    ),
    "dissolving.dissolve_by_staff": Row(
        lambda _: dissolving.dissolve_by_staff(HOUSE["shared"], **by_staff(), reason=WHY), "family.dissolved"
    ),
    "relationships.change": Row(
        lambda _: relationships.change(HOUSE["shared"], _cousins(), **_by_admin()), "relationship.changed"
    ),
}


def house() -> dict[str, Any]:
    """Return a family of four, by what they are in it, and one whose leader has an heir."""
    shared = {name: new_person() for name in ("admin", "second", "ready", "plain")}
    family_id = _of(shared["admin"], shared["second"], shared["ready"], shared["plain"])
    by = at(shared["admin"])
    admins.promote(family_id, shared["second"].id, **by)
    backups.designate(family_id, shared["ready"].id, **by)
    leader, heir = new_person(), new_person()
    led = _of(leader, heir)
    backups.designate(led, heir.id, **at(leader))
    return {"shared": family_id, "people": shared, "led": led, "leader": leader}


def _of(founder: Person, *others: Person) -> str:
    family_id = str(new_family(founder)["_id"])
    for each in others:
        members.join(family_id, each.id, actor=STAFF, now=clock.now())
    return family_id


def _by_admin() -> dict[str, Any]:
    return at(HOUSE["people"]["admin"])


def _plain() -> tuple[str, str]:
    return HOUSE["shared"], HOUSE["people"]["plain"].id


def _second() -> tuple[str, str]:
    return HOUSE["shared"], HOUSE["people"]["second"].id


def _ready() -> tuple[str, str]:
    return HOUSE["shared"], HOUSE["people"]["ready"].id


def _cousins() -> Pair:
    people, cousin = HOUSE["people"], RelationshipType.COUSIN
    return Pair(people["plain"].id, people["ready"].id, cousin, cousin)
