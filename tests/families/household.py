"""A family of several people, whom a change tells of it, and what it leaves in the documents."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from families.actions import admins, backups, members
from family_site.identity.actions import disabling
from ops import clock
from ops.mongo.collections import Document
from tests.api import Answer, Api
from tests.consistency import faults
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.world import TESTS

NOBODY = "user_nobody"


def joined(family: Document, username: str | None = None) -> Person:
    """Make somebody new a member, without an invitation and so related to nobody."""
    person = new_person(username)
    members.join(family["_id"], person.id, actor=TESTS, now=clock.now())
    return person


def admin_of(family: Document, by: Person, username: str | None = None) -> Person:
    """Make somebody new an admin."""
    person = joined(family, username)
    admins.promote(family["_id"], person.id, actor=by.actor, now=clock.now())
    return person


def standing_by(family: Document, by: Person, username: str | None = None) -> Person:
    """Make somebody new a backup admin, after those who are."""
    person = joined(family, username)
    backups.designate(family["_id"], person.id, actor=by.actor, now=clock.now())
    return person


def disable(person: Person) -> None:
    """Keep somebody from signing in."""
    disabling.disable(person.id, actor=TESTS, now=clock.now(), reason="for a test")


# Calls -------------------------------------------------------------------------------------------


def manage(by: Person, family: Document, target: str, action: Any, **headers: str) -> Answer:
    """Promote or demote; ``action``: a body as it is, or the name of the action."""
    body = {"action": action} if isinstance(action, str) else action
    return Api(by).post(f"/family/{family['_id']}/members/{target}/admin", body, **headers)


def back_up(by: Person, family: Document, target: str, action: Any, **headers: str) -> Answer:
    """Designate a backup admin, or remove one."""
    body = {"action": action} if isinstance(action, str) else action
    return Api(by).post(f"/family/{family['_id']}/members/{target}/backup-admin", body, **headers)


def leave(person: Person, family: Document, **headers: str) -> Answer:
    """Leave."""
    return Api(person).post(f"/family/{family['_id']}/leave", **headers)


def remove(by: Person, family: Document, target: str) -> Answer:
    """Remove somebody."""
    return Api(by).send("DELETE", f"/family/{family['_id']}/members/{target}")


def dissolve(by: Person, family: Document, **headers: str) -> Answer:
    """Dissolve."""
    return Api(by).send("DELETE", f"/family/{family['_id']}", **headers)


def relate(by: Person, family: Document, one: str, other: str, kind: Any, **more: Any) -> Answer:
    """Set what the other is to the one."""
    body = {"user_a_id": one, "user_b_id": other, "new_relationship_type": kind, **more}
    return Api(by).put(f"/family/{family['_id']}/relationships", body)


def members_seen_by(person: Person, family: Document) -> list[dict[str, Any]]:
    """Return the members as somebody sees them."""
    answer = Api(person).get(f"/family/{family['_id']}/members")
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json
    return found


def relationships_seen_by(person: Person, family: Document) -> list[dict[str, Any]]:
    """Return the relationships as somebody sees them."""
    answer = Api(person).get(f"/family/{family['_id']}/relationships")
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json
    return found


def backups_seen_by(person: Person, family: Document) -> list[str]:
    """Return the backup admins in the order in which they would take over."""
    plan = Api(person).get(f"/family/{family['_id']}").json["succession_plan"]
    found: list[str] = plan["backup_admins"]
    return found


# What is stored ----------------------------------------------------------------------------------


def stored(family: Document) -> Document:
    """Return the family's document as it is now."""
    (found,) = [each for each in documents("families")["families"] if each["_id"] == family["_id"]]
    return found


def account(family: Document) -> Document:
    """Return its account as it is now."""
    accounts = documents("sbd_accounts")["sbd_accounts"]
    (found,) = [each for each in accounts if each["_id"] == family["account_id"]]
    return found


def roles(family: Document) -> dict[str, str]:
    """Return what everybody is in the family, by user id."""
    standing = stored(family)
    assert faults(clock.now()) == []
    return {
        each["user_id"]: "backup_admin" if each["is_backup_admin"] else each["role"]
        for each in standing["members"]
    }


def rights(family: Document) -> dict[str, tuple[str, bool, int]]:
    """Return what everybody may spend, by user id."""
    holders = account(family)["holders"]
    return {
        each["user_id"]: (each["role"], each["can_spend"], each["spending_limit"])
        for each in holders
        if each["active"]
    }


MANAGER = ("manager", True, -1)
VIEWER = ("viewer", False, 0)


def told(kind: str) -> list[str]:
    """Return the users who have a notice of this type, one entry for each."""
    found = documents("notifications")["notifications"]
    return sorted(each["user_id"] for each in found if each["type"] == kind)


def mailed(kind: str) -> list[str]:
    """Return the addresses to which a mail of a notice of this type goes, one entry for each."""
    found = documents("notifications", "email_outbox")
    of_kind = {each["_id"] for each in found["notifications"] if each["type"] == kind}
    letters = [each for each in found["email_outbox"] if each["template"] == "notice"]
    return sorted(each["to"] for each in letters if each["context"]["notification_id"] in of_kind)


def ids(*people: Person) -> list[str]:
    """Return the ids as ``told`` has them."""
    return sorted(each.id for each in people)


def addresses(*people: Person) -> list[str]:
    """Return the addresses as ``mailed`` has them."""
    return sorted(each.email for each in people)


def new_entries(before: Iterable[Document]) -> list[Document]:
    """Return the audit entries that were not there before."""
    known = {each["_id"] for each in before}
    return [each for each in audit() if each["_id"] not in known]


def moment(at: datetime) -> str:
    """Return a stored time as answers have it."""
    in_utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return in_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
