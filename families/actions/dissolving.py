"""Dissolving a family. Nothing is deleted: what was is kept for staff, and members then find no family.

Source: HTTP contract, section 4 (dissolving).
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from families import queries, rules
from families.actions import allowances, emergency_ends, recovering, relationships
from families.actions.agents import Agent
from families.actions.places import give_up_places
from families.invitations.actions import lifecycle
from ops import audit, notices
from ops.actors import Actor
from ops.errors import FieldFault, ValidationFailedError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import require_fresh
from tokens import queries as tokens
from tokens.actions import accounts, closing, request_ends
from tokens.actions.paying import Paid
from tokens.errors import AccountFrozenError
from tokens.rules import AccountStatus


class Dissolved(NamedTuple):
    """What ended with a family: ids of its members, how many relationships, ids of its invitations.

    ``requests``: how many requests for something of it were closed; ``payout``: what became of its tokens;
    ``allowances``: ids of those that were stopped.
    """

    members: list[str]
    relationships: int
    invitations: list[str]
    requests: int
    payout: Paid | None
    allowances: list[str]


@unit_of_work()
def dissolve(
    family_id: str,
    *,
    actor: Actor,
    now: datetime,
    payout_to: str | None = None,
    only_if: Callable[[Document], None] = lambda _family: None,
) -> Dissolved:
    """End a family with all that is its own.

    Args:
        family_id: which family.
        actor: an admin of it.
        now: time of the change.
        payout_to: id of the admin whose own account gets what is left on the family's.
        only_if: looks at the family before anything is written, and raises if it is not the expected one.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor is not one of its admins.
        FreshTwoFactorRequiredError: the actor has a second factor, and has not shown it just now.
        ValidationFailedError: who is to get the tokens is no admin who works.
        AccountFrozenError: there are tokens on its account, and it is frozen.
        AccountNotEmptyError: there are tokens on its account, and nobody is to get them.
    """
    family = queries.family_managed_by(actor, family_id)
    require_fresh(actor)
    only_if(family)
    return _dissolve(family, Agent.member(actor), _pay_out(family, payout_to, actor, now=now), now=now)


@unit_of_work()
def dissolve_by_staff(family_id: str, *, actor: Actor, now: datetime, reason: str) -> Dissolved:
    """End any family, as staff.

    Raises:
        FamilyNotFoundError: no such family, or it is dissolved.
        FreshTwoFactorRequiredError: as ``dissolve``.
        AccountNotEmptyError: there are tokens on its account.
    """
    family = queries.family_for_staff(family_id)
    require_fresh(actor)
    return _dissolve(family, Agent.staff(actor, reason), None, now=now)


def _pay_out(family: Document, payout_to: str | None, actor: Actor, *, now: datetime) -> Paid | None:
    account = family[queries.ACCOUNT]
    recipient = None if payout_to is None else _recipient(family, payout_to)
    if account["balance"] == 0:
        return None
    if account["status"] == AccountStatus.FROZEN:
        raise AccountFrozenError(account["freeze"])
    return None if recipient is None else closing.pay_out(account, recipient, actor=actor, now=now)


def _recipient(family: Document, user_id: str) -> Document:
    """Return the own account of an admin who works."""
    account = tokens.account_of_person(user_id) if queries.is_admin(family, user_id) else None
    if account is None or not account["owner"]["active"]:
        code = "not_allowed" if queries.membership(family, user_id) else "not_member"
        fault = FieldFault("payout_to", code, "Only an admin of the family who can sign in gets its tokens.")
        raise ValidationFailedError([fault])
    return account


def _dissolve(family: Document, agent: Agent, payout: Paid | None, *, now: datetime) -> Dissolved:
    family_id = family["_id"]
    accounts.close(family["account_id"], now=now)
    dissolved = Dissolved(
        [each["user_id"] for each in family["members"]],
        relationships.end_all(family_id, now=now),
        lifecycle.cancel_all(family_id, now=now),
        _close_requests(family_id, now=now),
        payout,
        allowances.stop_all(family_id, now=now),
    )
    give_up_places(dissolved.members, family_id)
    _end(family_id, now=now)
    data = {"by": agent.shown, "family_name": family["name"]}
    notices.tell(dissolved.members, "family_dissolved", data=data, now=now, family_id=family_id)
    _record(family, dissolved, agent=agent, now=now)
    return dissolved


def _close_requests(family_id: str, *, now: datetime) -> int:
    """End what waits for somebody: requests for tokens, purchases, a recovery, a vote; returns how many."""
    asked = len(request_ends.cancel_all(family_id, now=now))
    return asked + recovering.close_of(family_id, now=now) + emergency_ends.close_of(family_id, now=now)


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
            "allowances_stopped": dissolved.allowances,
            "requests_closed": dissolved.requests,
            "payout": dissolved.payout and dissolved.payout.transaction["_id"],
        },
        reason=agent.reason,
    )
