"""Who manages a family.

Each of these writes the family's document in its unit, so that no two of them can pass each other.
Source: HTTP contract, sections 6 and 18 (rules 8 and 13).
"""

from datetime import datetime
from typing import NamedTuple

from families import queries
from families.actions import recovery_ends
from families.actions.agents import Agent
from families.errors import AdminActionError, MultipleAdminsRequiredError
from families.rules import MemberRole, succession
from family_site.identity import queries as identity
from ops import audit, notices
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import require_fresh
from tokens.actions import holders


class Managed(NamedTuple):
    """Whose part in a family was changed; ``heir``: who was promoted with it, if anybody had to be."""

    user_id: str
    username: str
    heir: str | None = None


@unit_of_work()
def promote(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> Managed:
    """Make a member an admin, who may spend without limit.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        FreshTwoFactorRequiredError: the actor has a second factor, and has not shown it just now.
        MemberNotFoundError: no member of it.
        AdminActionError: it is the actor, or an admin already.
    """
    family = queries.family_managed_by(actor, family_id)
    require_fresh(actor)
    return _promote(family, user_id, Agent.member(actor), now=now)


@unit_of_work()
def promote_by_staff(family_id: str, user_id: str, *, actor: Actor, now: datetime, reason: str) -> Managed:
    """Make a member of any family an admin, as staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        FreshTwoFactorRequiredError, MemberNotFoundError, AdminActionError: as ``promote``.
    """
    family = queries.family_for_staff(family_id)
    require_fresh(actor)
    promoted = _promote(family, user_id, Agent.staff(actor, reason), now=now)
    recovery_ends.cancel_for(family, user_id, actor=actor, now=now)
    return promoted


@unit_of_work()
def demote(family_id: str, user_id: str, *, actor: Actor, now: datetime) -> Managed:
    """Make an admin a plain member, who sees the account and spends nothing; themselves, too.

    Raises:
        FamilyNotFoundError, InsufficientPermissionsError, MemberNotFoundError: as ``promote``.
        AdminActionError: they are no admin.
        MultipleAdminsRequiredError: no admin who can work would be left, and nobody stands ready.
    """
    return _demote(queries.family_managed_by(actor, family_id), user_id, Agent.member(actor), now=now)


@unit_of_work()
def demote_by_staff(family_id: str, user_id: str, *, actor: Actor, now: datetime, reason: str) -> Managed:
    """Make an admin of any family a plain member, as staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        MemberNotFoundError, AdminActionError, MultipleAdminsRequiredError: as ``demote``.
    """
    return _demote(queries.family_for_staff(family_id), user_id, Agent.staff(actor, reason), now=now)


def raise_to_admin(family: Document, user_id: str, *, by: str, now: datetime) -> None:
    """Write an admin's role and rights, as part of a unit that tells and records it.

    Args:
        family: as it was read in this unit, with the user as a member.
        user_id: who becomes admin.
        by: id of the actor who makes them so.
        now: time of the change.
    """
    changed = {"role": str(MemberRole.ADMIN), "is_backup_admin": False, "backup_order": None}
    collection("families").update(
        {"_id": family["_id"], "members.user_id": user_id},
        {
            "$set": {**{f"members.$.{name}": value for name, value in changed.items()}, "updated_at": now},
            "$addToSet": {"admin_user_ids": user_id},
            "$inc": {"version": 1},
        },
    )
    holders.make_manager(family["account_id"], user_id, by=by, now=now)


def succeed(family: Document, user_id: str, *, agent: Agent, now: datetime) -> str | None:
    """Promote the first backup admin who can work, if an admin goes who is the last that can.

    Part of the unit by which they go, which writes the family. Returns the id of who was promoted.

    Raises:
        MultipleAdminsRequiredError: nobody is left who could work, so they cannot go.
    """
    admins = family["admin_user_ids"]
    if user_id not in admins:
        return None
    # Staff who stand ready in this family do not make themselves its admin.
    heirs = [each for each in succession.backups(family["members"]) if each != agent.actor.id]
    people = identity.people({*admins, *heirs})
    active = {each["_id"] for each in people.values() if each["is_active"]}
    found = succession.without(user_id, admins, heirs, active)
    if not found.is_possible:
        raise MultipleAdminsRequiredError(backup_available=bool(heirs))
    if found.heir is not None:
        raise_to_admin(family, found.heir, by=agent.actor.id, now=now)
        promoted = Managed(found.heir, people[found.heir]["username"])
        tell(family, "admin_promoted", promoted, agent=agent, now=now)
    return found.heir


def tell(family: Document, kind: str, whom: Managed, *, agent: Agent, now: datetime) -> None:
    """Tell the person and the admins of a change of their part, as part of its unit; them by mail as well.

    Who was promoted with it is one of the admins.
    """
    data = {"who": whom.username, "user_id": whom.user_id, "by": agent.shown, "family_name": family["name"]}
    notices.tell(
        [whom.user_id, *family["admin_user_ids"], *([whom.heir] if whom.heir else [])],
        kind,
        data=data,
        now=now,
        family_id=family["_id"],
        mail_to=[whom.user_id],
    )


def _promote(family: Document, user_id: str, agent: Agent, *, now: datetime) -> Managed:
    queries.member_of(family, user_id)
    if user_id == agent.actor.id:
        raise AdminActionError("self")
    if queries.is_admin(family, user_id):
        raise AdminActionError("already_admin")
    raise_to_admin(family, user_id, by=agent.actor.id, now=now)
    promoted = Managed(user_id, identity.usernames({user_id})[user_id])
    tell(family, "admin_promoted", promoted, agent=agent, now=now)
    _record("admin.promoted", family, promoted, agent=agent, now=now)
    return promoted


def _demote(family: Document, user_id: str, agent: Agent, *, now: datetime) -> Managed:
    queries.member_of(family, user_id)
    if not queries.is_admin(family, user_id):
        raise AdminActionError("not_admin")
    heir = succeed(family, user_id, agent=agent, now=now)
    collection("families").update(
        {"_id": family["_id"], "members.user_id": user_id},
        {
            "$set": {"members.$.role": str(MemberRole.MEMBER), "updated_at": now},
            "$pull": {"admin_user_ids": user_id},
            "$inc": {"version": 1},
        },
    )
    holders.make_viewer(family["account_id"], user_id, by=agent.actor.id, now=now)
    demoted = Managed(user_id, identity.usernames({user_id})[user_id], heir)
    tell(family, "admin_demoted", demoted, agent=agent, now=now)
    _record("admin.demoted", family, demoted, agent=agent, now=now)
    return demoted


def _record(action: str, family: Document, whom: Managed, *, agent: Agent, now: datetime) -> None:
    """Write the entry of a change of role, which names who was promoted with it."""
    role = queries.member_of(family, whom.user_id)["role"]
    became = MemberRole.MEMBER if role == MemberRole.ADMIN else MemberRole.ADMIN
    audit.record(
        agent.actor,
        action,
        target=whom.user_id,
        family_id=family["_id"],
        now=now,
        before={"role": role},
        after={"role": str(became), "promoted_user_id": whom.heir},
        reason=agent.reason,
    )
