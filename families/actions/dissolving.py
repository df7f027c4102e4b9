"""Dissolving a family. Nothing is deleted: what was is kept for staff, and members then find no family.

Source: HTTP contract, section 4 (dissolving).
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from families import queries, rules
from families.actions import recovering, relationships
from families.actions.agents import Agent
from families.actions.places import give_up_places
from families.invitations.actions import lifecycle
from ops import audit, notices
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import accounts


class Dissolved(NamedTuple):
    """What ended with a family: ids of its members, how many relationships, ids of its invitations.

    ``requests``: how many requests for something of it were closed.
    """

    members: list[str]
    relationships: int
    invitations: list[str]
    requests: int


@unit_of_work()
def dissolve(
    family_id: str,
    *,
    actor: Actor,
    now: datetime,
    only_if: Callable[[Document], None] = lambda _family: None,
) -> Dissolved:
    """End a family with all that is its own.

    Args:
        family_id: which family.
        actor: an admin of it.
        now: time of the change.
        only_if: looks at the family before anything is written, and raises if it is not the expected one.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        AccountNotEmptyError: there are tokens on its account.
    """
    family = queries.family_managed_by(actor, family_id)
    only_if(family)
    return _dissolve(family, Agent.member(actor), now=now)


@unit_of_work()
def dissolve_by_staff(family_id: str, *, actor: Actor, now: datetime, reason: str) -> Dissolved:
    """End any family, as staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        AccountNotEmptyError: there are tokens on its account.
    """
    return _dissolve(queries.family_for_staff(family_id), Agent.staff(actor, reason), now=now)


def _dissolve(family: Document, agent: Agent, *, now: datetime) -> Dissolved:
    family_id = family["_id"]
    accounts.close(family["account_id"], now=now)
    dissolved = Dissolved(
        [each["user_id"] for each in family["members"]],
        relationships.end_all(family_id, now=now),
        lifecycle.cancel_all(family_id, now=now),
        recovering.close_of(family_id, now=now),
    )
    give_up_places(dissolved.members, family_id)
    _end(family_id, now=now)
    data = {"by": agent.shown, "family_name": family["name"]}
    notices.tell(dissolved.members, "family_dissolved", data=data, now=now, family_id=family_id)
    _record(family, dissolved, agent=agent, now=now)
    return dissolved


def _end(family_id: str, *, now: datetime) -> None:
    collection("families").update(
        {"_id": family_id},
        {
            "$set": {
                "status": str(rules.FamilyStatus.DISSOLVED),
                "members": [],
                "admin_user_ids": [],
                "open_invitations": [],
                "updated_at": now,
                "dissolved_at": now,
            },
            "$inc": {"version": 1},
        },
    )


def _record(family: Document, dissolved: Dissolved, *, agent: Agent, now: datetime) -> None:
    audit.record(
        agent.actor,
        "family.dissolved",
        target=family["_id"],
        family_id=family["_id"],
        now=now,
        before={
            "status": family["status"],
            "members": dissolved.members,
            "admin_user_ids": family["admin_user_ids"],
        },
        after={
            "status": str(rules.FamilyStatus.DISSOLVED),
            "relationships_ended": dissolved.relationships,
            "invitations_cancelled": dissolved.invitations,
        },
        reason=agent.reason,
    )
