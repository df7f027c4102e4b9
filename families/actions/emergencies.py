"""Opening an account again that a member froze, by votes of the others.

A vote, a departure and any other end of the freeze write the vote's document; beginning one writes the
account, as those do. So none of them can pass another. Source: HTTP contract, sections 10 and 18.
"""

from datetime import datetime
from typing import Any

from families import emergency_queries, queries
from families.actions import emergency_ends
from families.emergency_queries import EMERGENCIES, PENDING
from families.errors import ApprovalFailedError, EmergencyUnfreezeFailedError, RejectionFailedError
from families.rules import emergency as rules
from families.rules.emergency import EmergencyStatus, Vote
from ops import audit, notices
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import freezing
from tokens.rules import AccountStatus

VOTED = {Vote.APPROVAL: "emergency_unfreeze.approved", Vote.REJECTION: "emergency_unfreeze.opposed"}
REFUSED = {Vote.APPROVAL: ApprovalFailedError, Vote.REJECTION: RejectionFailedError}


@unit_of_work()
def request(family_id: str, reason: str, *, actor: Actor, now: datetime) -> Document:
    """Begin a vote on opening the family's account, with the actor's approval; returns it.

    Args:
        family_id: which family.
        reason: in the member's words.
        actor: a member of the family, and not the one who froze its account.
        now: time of the change.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
        InsufficientPermissionsError: the actor froze the account, or staff did.
        EmergencyUnfreezeFailedError: it is not frozen, there is a vote already, or too few could vote.
    """
    family = queries.family_visible_to(actor, family_id)
    account = family[queries.ACCOUNT]
    freeze = rules.standing_freeze(account)
    if freeze is not None:
        _require_right(account["freeze"], actor)
    pending = emergency_queries.pending_of(account["_id"])
    is_open = pending is not None and rules.status_at(pending, freeze, now) == EmergencyStatus.PENDING
    members = [each["user_id"] for each in family["members"]]
    voters = rules.voters_of(members, freezer=freeze["by"] if freeze else "")
    if refusal := rules.refusal_to_request(freeze, voters, is_open=is_open):
        raise EmergencyUnfreezeFailedError(refusal)
    if pending is not None:  # it is over, and would keep the new one out
        emergency_ends.write_down(pending, actor=actor, now=now)
    begun = {"family_id": family_id, "freeze": freeze, "required": rules.required_approvals(len(voters))}
    approved = rules.with_vote(voters, actor.user_id, Vote.APPROVAL, now=now)
    emergency = _begin(account, {**begun, "voters": approved, "reason": reason}, actor=actor, now=now)
    others = [each for each in members if each != actor.user_id]
    data = _about(family, emergency) | {"who": actor.name, "user_id": actor.user_id}
    notices.tell(others, "emergency_unfreeze_request", data=data, now=now, family_id=family_id)
    _record(actor, "emergency_unfreeze.requested", emergency, before=None, now=now, reason=reason)
    return emergency


@unit_of_work()
def approve(emergency_id: str, *, actor: Actor, now: datetime) -> Document:
    """Vote for opening the account; the vote that is enough opens it. Returns all of it as it is then.

    Raises:
        NotFoundError: no such vote, or not of a family of the actor's.
        InsufficientPermissionsError: they are a member, and cannot vote on it.
        ApprovalFailedError: it is over, or they have voted.
    """
    return _vote(emergency_id, Vote.APPROVAL, None, actor=actor, now=now)


@unit_of_work()
def reject(emergency_id: str, reason: str | None, *, actor: Actor, now: datetime) -> Document:
    """Vote against opening the account; the vote that leaves too few others ends it. Returns all of it.

    Raises:
        NotFoundError: no such vote, or not of a family of the actor's.
        InsufficientPermissionsError: they are a member, and cannot vote on it.
        RejectionFailedError: it is over, or they have voted.
    """
    return _vote(emergency_id, Vote.REJECTION, reason, actor=actor, now=now)


def _require_right(freeze: Document, actor: Actor) -> None:
    if freeze.get("by_staff"):
        raise InsufficientPermissionsError(required="staff")
    if freeze["by"] == actor.user_id:
        raise InsufficientPermissionsError(required="a member who did not freeze the account")


def _begin(account: Document, said: Document, *, actor: Actor, now: datetime) -> Document:
    freezing.contest(account)
    emergency = {
        "_id": new_id("emr"),
        "v": 1,
        "account_id": account["_id"],
        "status": PENDING,
        "requested_by": actor.user_id,
        **said,
        "created_at": now,
        "expires_at": now + rules.LIFE,
        "ended_at": None,
    }
    collection(EMERGENCIES).insert(emergency)
    return emergency


def _vote(emergency_id: str, vote: Vote, reason: str | None, *, actor: Actor, now: datetime) -> Document:
    """Count a vote, and do what all of them decide then."""
    emergency, family = emergency_queries.emergency_for(actor, emergency_id)
    voter = rules.voter_of(emergency["voters"], actor.user_id)
    if voter is None:
        raise InsufficientPermissionsError(required="a vote on it")
    account = family[queries.ACCOUNT]
    status = rules.status_at(emergency, rules.standing_freeze(account), now)
    if refusal := rules.refusal_to_vote(status, voter):
        raise REFUSED[vote](refusal)
    voters = rules.with_vote(emergency["voters"], actor.user_id, vote, now=now, reason=reason)
    voted = emergency_ends.write_votes(emergency, voters, now=now)
    action, opened = VOTED[vote], None
    if voted["status"] == EmergencyStatus.EXECUTED:
        freezing.lift(account, "emergency_unfreeze_executed", _about(family, voted), now=now)
        action, opened = "emergency_unfreeze.executed", account["_id"]
    elif voted["status"] == EmergencyStatus.REJECTED:
        emergency_ends.tell_of_end([voted], {family["_id"]: family}, now=now)
        action = "emergency_unfreeze.rejected"
    _record(actor, action, voted, before=emergency, now=now, reason=reason, opened=opened)
    return voted


def _about(family: Document, emergency: Document) -> dict[str, str]:
    return {"family_name": family["name"], "request_id": emergency["_id"]}


def _record(  # noqa: PLR0913  # an entry has as many parts
    actor: Actor,
    action: str,
    emergency: Document,
    *,
    before: Document | None,
    now: datetime,
    reason: str | None,
    opened: str | None = None,
) -> None:
    """Write the one entry of a change; ``opened``: id of the account that it opened."""
    accounts: list[dict[str, Any]] = [
        {"account_id": opened, "account_status": str(each)} if opened else {}
        for each in (AccountStatus.FROZEN, AccountStatus.ACTIVE)
    ]
    audit.record(
        actor,
        action,
        target=emergency["_id"],
        family_id=emergency["family_id"],
        now=now,
        before=emergency_ends.shown(before) | accounts[0] if before else None,
        after=emergency_ends.shown(emergency) | accounts[1],
        reason=reason,
    )
