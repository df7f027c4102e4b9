"""Who stands ready to take over a family when its last admin goes; no right comes with it.

Each of these writes the family's document in its unit. Source: HTTP contract, section 6.
"""

from datetime import datetime

from families import queries
from families.actions import admins
from families.actions.admins import Managed
from families.actions.agents import Agent
from families.errors import BackupAdminError
from family_site.identity import queries as identity
from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work


@unit_of_work()
def designate(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> Managed:
    """Let a member stand ready, after those who do already.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        MemberNotFoundError: no member of it.
        BackupAdminError: they are an admin, or stand ready already.
    """
    return _designate(queries.family_managed_by(actor, family_id), user_id, Agent.member(actor), now=now)


@unit_of_work()
def designate_by_staff(family_id: str, user_id: str, *, actor: Actor, now: datetime, reason: str) -> Managed:
    """Let a member of any family stand ready, as staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        MemberNotFoundError: as ``designate``.
        BackupAdminError: as ``designate``, or it is the actor.
    """
    return _designate(queries.family_for_staff(family_id), user_id, Agent.staff(actor, reason), now=now)


@unit_of_work()
def remove(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> Managed:
    """Let a backup admin stand ready no longer.

    Raises:
        FamilyNotFoundError, InsufficientPermissionsError, MemberNotFoundError: as ``designate``.
        BackupAdminError: they do not stand ready.
    """
    return _remove(queries.family_managed_by(actor, family_id), user_id, Agent.member(actor), now=now)


@unit_of_work()
def remove_by_staff(family_id: str, user_id: str, *, actor: Actor, now: datetime, reason: str) -> Managed:
    """Let a backup admin of any family stand ready no longer, as staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        MemberNotFoundError, BackupAdminError: as ``remove``.
    """
    return _remove(queries.family_for_staff(family_id), user_id, Agent.staff(actor, reason), now=now)


def _designate(family: Document, user_id: str, agent: Agent, *, now: datetime) -> Managed:
    member = queries.member_of(family, user_id)
    if queries.is_admin(family, user_id):
        raise BackupAdminError("already_admin")
    if user_id == agent.actor.id:  # staff who are a member themselves: it would be a step to admin
        raise BackupAdminError("self")
    if member["is_backup_admin"]:
        raise BackupAdminError("already_backup")
    # The version counts the family's changes, so it also tells who was designated first.
    return _write(family, user_id, "designated", order=family["version"] + 1, agent=agent, now=now)


def _remove(family: Document, user_id: str, agent: Agent, *, now: datetime) -> Managed:
    if not queries.member_of(family, user_id)["is_backup_admin"]:
        raise BackupAdminError("not_backup")
    return _write(family, user_id, "removed", order=None, agent=agent, now=now)


def _write(  # noqa: PLR0913  # who, how, by whom
    family: Document, user_id: str, verb: str, *, order: int | None, agent: Agent, now: datetime
) -> Managed:
    is_ready = order is not None
    ready = {"members.$.is_backup_admin": is_ready, "members.$.backup_order": order}
    collection("families").update(
        {"_id": family["_id"], "members.user_id": user_id},
        {"$set": {**ready, "updated_at": now}, "$inc": {"version": 1}},
    )
    managed = Managed(user_id, identity.usernames({user_id})[user_id])
    admins.tell(family, f"backup_admin_{verb}", managed, agent=agent, now=now)
    audit.record(
        agent.actor,
        f"backup_admin.{verb}",
        target=user_id,
        family_id=family["_id"],
        now=now,
        before={"is_backup_admin": not is_ready},
        after={"is_backup_admin": is_ready},
        reason=agent.reason,
    )
    return managed
