"""Leaving a family, and being removed from it.

A departure is one unit: membership, roles, rights on the account and relationships end, and the invitations
that the person sent are cancelled, and allowances to them stop. Source: HTTP contract, sections 6 (departure,
last admin) and 18 (rule 8).
"""

from datetime import datetime
from typing import NamedTuple

from families import queries
from families.actions import admins, allowances, emergency_ends, relationships
from families.actions.agents import Agent
from families.actions.places import give_up_places
from families.errors import MultipleAdminsRequiredError
from families.invitations.actions import lifecycle
from family_site.identity import queries as identity
from ops import audit, notices
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import holders, request_ends


class Departure(NamedTuple):
    """What ended with a membership.

    Attributes:
        user_id, username: whose it was.
        heir: id of the backup admin who was promoted, if the last admin went.
        relationships: how many of theirs ended.
        had_rights: they had rights on the account, which are gone.
        invitations: ids of those of theirs that were cancelled.
        allowances: ids of those to them that were stopped.
        requests: ids of what they asked the account for, which were cancelled.
    """

    user_id: str
    username: str
    heir: str | None
    relationships: int
    had_rights: bool
    invitations: list[str]
    allowances: list[str]
    requests: list[str]


@unit_of_work()
def leave(family_id: str, *, actor: Actor, now: datetime) -> Departure:
    """Leave a family.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        MultipleAdminsRequiredError: the actor is its only member, or the last admin who can work and nobody
            stands ready.
    """
    family = queries.family_visible_to(actor, family_id)
    agent = Agent.member(actor)
    departure = _depart(family, actor.user_id, actor.name, agent=agent, now=now)
    remaining = [each["user_id"] for each in family["members"] if each["user_id"] != actor.user_id]
    _tell(remaining, "member_left", family, departure, now=now)
    _record("member.left", family, departure, agent=agent, now=now)
    return departure


@unit_of_work()
def remove(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> Departure:
    """Remove a member from a family; they are told, by mail as well.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        MemberNotFoundError: no member of it.
        MultipleAdminsRequiredError: as ``leave``; it can be only the actor.
    """
    return _remove(queries.family_managed_by(actor, family_id), user_id, Agent.member(actor), now=now)


@unit_of_work()
def remove_by_staff(family_id: str, user_id: str, *, actor: Actor, now: datetime, reason: str) -> Departure:
    """Remove a member from any family, as staff; they are told, by mail as well.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        MemberNotFoundError, MultipleAdminsRequiredError: as ``remove``.
    """
    return _remove(queries.family_for_staff(family_id), user_id, Agent.staff(actor, reason), now=now)


def _remove(family: Document, user_id: str, agent: Agent, *, now: datetime) -> Departure:
    queries.member_of(family, user_id)
    username = identity.usernames({user_id})[user_id]
    departure = _depart(family, user_id, username, agent=agent, now=now)
    everybody = [each["user_id"] for each in family["members"]]
    _tell(everybody, "member_removed", family, departure, now=now)
    _record("member.removed", family, departure, agent=agent, now=now)
    return departure


def _depart(family: Document, user_id: str, username: str, *, agent: Agent, now: datetime) -> Departure:
    if len(family["members"]) == 1:  # nobody would be there any more; such a family is dissolved
        raise MultipleAdminsRequiredError(backup_available=False)
    heir = admins.succeed(family, user_id, agent=agent, now=now)
    cancelled = lifecycle.cancel_all(family["_id"], inviter_id=user_id, now=now)
    _strike_out(family["_id"], user_id, cancelled, now=now)
    emergency_ends.follow_departure(family, user_id, actor=agent.actor, now=now)
    give_up_places([user_id], family["_id"])
    return Departure(
        user_id,
        username,
        heir,
        relationships=relationships.end_all(family["_id"], user_id=user_id, now=now),
        had_rights=holders.expel(family["account_id"], user_id, now=now),
        invitations=cancelled,
        allowances=allowances.stop_all(family["_id"], recipient_id=user_id, now=now),
        requests=request_ends.cancel_all(family["_id"], requester_id=user_id, now=now),
    )


def _strike_out(family_id: str, user_id: str, cancelled: list[str], *, now: datetime) -> None:
    collection("families").update(
        {"_id": family_id},
        {
            "$pull": {
                "members": {"user_id": user_id},
                "admin_user_ids": user_id,
                "open_invitations": {"invitation_id": {"$in": cancelled}},
            },
            "$inc": {"version": 1},
            "$set": {"updated_at": now},
        },
    )


def _tell(user_ids: list[str], kind: str, family: Document, departure: Departure, *, now: datetime) -> None:
    data = {"who": departure.username, "user_id": departure.user_id, "family_name": family["name"]}
    notices.tell(user_ids, kind, data=data, now=now, family_id=family["_id"])


def _record(action: str, family: Document, departure: Departure, *, agent: Agent, now: datetime) -> None:
    member = queries.member_of(family, departure.user_id)
    audit.record(
        agent.actor,
        action,
        target=departure.user_id,
        family_id=family["_id"],
        now=now,
        before={"role": member["role"], "is_backup_admin": member["is_backup_admin"]},
        after={
            "role": None,
            "promoted_user_id": departure.heir,
            "relationships_ended": departure.relationships,
            "invitations_cancelled": departure.invitations,
            "requests_cancelled": departure.requests,
            "allowances_stopped": departure.allowances,
        },
        reason=agent.reason,
    )
