"""What rules of access must know of users; ``ops.access`` asks it within the change of a rule."""

from collections.abc import Sequence

from family_site.identity import queries, rules
from ops.access.people import Person
from ops.actors import Actor
from ops.mongo.collections import Document, collection

MANAGE = "ops.manage_access"
MOST_STAFF = 1000


def folded(typed: str) -> str | None:
    """Return an e-mail address as it is stored and compared; ``None``: it is none."""
    return None if rules.email_fault(typed) else rules.folded_email(typed)


def called(term: str) -> Person | None:
    """Return whose id, name or e-mail address this is."""
    found = collection("users").find_one({"_id": term}) or queries.user_by_identifier(term)
    return None if found is None else _person(found)


def right_missing(person: Person, actor: Actor) -> str | None:
    """Name the right that the actor lacks to keep somebody out, or let them in: as to disable them."""
    user = queries.user_by_id(person.id)
    return rules.right_missing_to_disable(person.id, is_staff=user["is_staff"], actor=actor)


def who_may_undo() -> Sequence[Person]:
    """Return the staff who are active and may manage access."""
    staff = collection("users").find({"is_staff": True}, limit=MOST_STAFF)
    names = sorted({role for each in staff for role in each["staff_roles"]})
    found = collection("staff_roles").find({"_id": {"$in": names}}, limit=len(names) or 1)
    permitted = {each["_id"] for each in found if MANAGE in each["permissions"]}
    return [
        _person(each)
        for each in staff
        if each["is_active"] and (each["is_superuser"] or not permitted.isdisjoint(each["staff_roles"]))
    ]


def _person(user: Document) -> Person:
    return Person(user["_id"], user["email"])
