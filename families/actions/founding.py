"""Founding a family."""

from datetime import datetime

from families import queries, rules
from families.actions.members import member
from families.actions.places import take_place
from families.rules import limits
from ops import audit
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import accounts


@unit_of_work()
def found(name: str | None, *, actor: Actor, now: datetime) -> Document:
    """Found a family with the actor as its admin, and open its account with them as manager.

    Args:
        name: one that ``rules.name_fault`` has nothing against; ``None``: one made of the actor's name.

    Returns:
        The family as ``queries.family_visible_to`` has it.

    Raises:
        FamilyLimitExceededError: the actor has founded, or belongs to, as many families as they may.

    Source: HTTP contract, section 4 (founding limit).
    """
    name = rules.default_name(actor.name) if name is None else name
    family_id = new_id("fam")
    person = take_place(actor.user_id, family_id, founded=True, now=now)
    account_id = accounts.open_for_family(family_id, name, founder_id=actor.user_id, now=now)
    founded = drafted(family_id, name, account_id, founder_id=actor.user_id, now=now)
    collection("families").insert(founded | {"limits": limits.of_family(person["limits"], person["grace"])})
    audit.record(
        actor,
        "family.created",
        target=family_id,
        family_id=family_id,
        now=now,
        after={"account_id": account_id, "admin_user_ids": [actor.user_id]},
        private={"after": {"name": name}},
    )
    return queries.family_visible_to(actor, family_id)


def drafted(family_id: str, name: str, account_id: str, *, founder_id: str, now: datetime) -> Document:
    """Return a family with its founder as admin, as it is stored."""
    return {
        "_id": family_id,
        "v": 1,
        "name": name,
        "status": str(rules.FamilyStatus.ACTIVE),
        "founder_id": founder_id,
        "admin_user_ids": [founder_id],
        "members": [member(founder_id, rules.MemberRole.ADMIN, now=now)],
        "open_invitations": [],
        "account_id": account_id,
        "limits": {},
        "settings": {},
        "notification_settings": {},
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "dissolved_at": None,
    }
