"""Opening an account that a member froze, by votes of the others: who votes, and what their votes decide.

A voter is ``{user_id, vote, voted_at, reason, left_at}``; who has left the family since counts no more, also
once they are back. No database, no clock. Source: HTTP contract, sections 10 and 17 (emergency unfreeze).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tokens.rules import AccountStatus

LIFE = timedelta(hours=48)
FEWEST_VOTERS = 2

Document = Mapping[str, Any]
Voters = Sequence[Document]


class EmergencyStatus(StrEnum):
    """States of an emergency unfreeze; all but the first are final."""

    PENDING = "pending"
    EXECUTED = "executed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Vote(StrEnum):
    """What somebody votes."""

    APPROVAL = "approval"
    REJECTION = "rejection"


class RequestRefusal(StrEnum):
    """Why no vote can begin."""

    NOT_FROZEN = "not_frozen"
    ALREADY_OPEN = "already_open"
    TOO_FEW_VOTERS = "too_few_voters"


class VoteRefusal(StrEnum):
    """Why a vote does not count."""

    NOT_PENDING = "not_pending"
    EXPIRED = "expired"
    ALREADY_VOTED = "already_voted"


def standing_freeze(account: Document) -> dict[str, Any] | None:
    """Return by what an account's freeze is told from any other of it; ``None``: it is not frozen."""
    if account["status"] != AccountStatus.FROZEN:
        return None
    return {"by": account["freeze"]["by"], "at": account["freeze"]["at"]}


def required_approvals(voters: int) -> int:
    """Return how many must approve: two or more than half, of at least two voters."""
    return max(FEWEST_VOTERS, voters // 2 + 1)


def voters_of(members: Iterable[str], *, freezer: str) -> list[dict[str, Any]]:
    """Return all who may vote: the members but for who froze the account."""
    blank = {"vote": None, "voted_at": None, "reason": None, "left_at": None}
    return [{"user_id": each, **blank} for each in members if each != freezer]


def voter_of(voters: Voters, user_id: str) -> Document | None:
    """Return the entry of somebody who may vote; ``None``: they may not, or have left since."""
    return next((each for each in voters if each["user_id"] == user_id and counts(each)), None)


def with_vote(
    voters: Voters, user_id: str, vote: Vote, *, now: datetime, reason: str | None = None
) -> list[dict[str, Any]]:
    """Return the voters with the vote of one of them."""
    return _changed(voters, user_id, {"vote": str(vote), "voted_at": now, "reason": reason})


def without(voters: Voters, user_id: str, *, now: datetime) -> list[dict[str, Any]]:
    """Return the voters after the departure of one of them."""
    return _changed(voters, user_id, {"left_at": now})


def counts(voter: Document) -> bool:
    """Tell whether somebody's vote counts, given or not: they are a member as they were."""
    return voter["left_at"] is None


def number_of(voters: Voters, vote: Vote | None) -> int:
    """Return how many such votes count; ``None``: how many of those who count have not voted."""
    return sum(counts(each) and each["vote"] == vote for each in voters)


def outcome(voters: Voters, required: int) -> EmergencyStatus:
    """Return what the votes decide: enough approve, or the votes left cannot reach that number, or neither.

    As many rejections as approvals are required leave too few votes: more than half of all cannot be had any
    more. So this is the one way to a rejection.
    """
    approvals = number_of(voters, Vote.APPROVAL)
    if approvals >= required:
        return EmergencyStatus.EXECUTED
    can_be_reached = approvals + number_of(voters, None) >= required
    return EmergencyStatus.PENDING if can_be_reached else EmergencyStatus.REJECTED


def is_open(emergency: Document, now: datetime) -> bool:
    """Tell whether nothing has ended it yet; at ``expires_at`` time does, marked or not."""
    return emergency["status"] == EmergencyStatus.PENDING and bool(now < emergency["expires_at"])


def status_at(emergency: Document, freeze: Document | None, now: datetime) -> EmergencyStatus:
    """Return the state at a moment, whatever has been written down of it.

    Args:
        emergency: the document.
        freeze: what ``standing_freeze`` says of the account.
        now: the moment.
    """
    status = EmergencyStatus(emergency["status"])
    if status != EmergencyStatus.PENDING:
        return status
    if not is_open(emergency, now):
        return EmergencyStatus.EXPIRED
    return status if freeze == emergency["freeze"] else EmergencyStatus.SUPERSEDED


def refusal_to_request(freeze: Document | None, voters: Voters, *, is_open: bool) -> RequestRefusal | None:
    """Say why no vote can begin; ``None``: it can. ``is_open``: there is one already."""
    if freeze is None:
        return RequestRefusal.NOT_FROZEN
    if is_open:
        return RequestRefusal.ALREADY_OPEN
    return RequestRefusal.TOO_FEW_VOTERS if len(voters) < FEWEST_VOTERS else None


def refusal_to_vote(status: EmergencyStatus, voter: Document) -> VoteRefusal | None:
    """Say why a vote of this voter does not count; ``None``: it does. ``status``: by ``status_at``."""
    if status == EmergencyStatus.EXPIRED:
        return VoteRefusal.EXPIRED
    if status != EmergencyStatus.PENDING:
        return VoteRefusal.NOT_PENDING
    return None if voter["vote"] is None else VoteRefusal.ALREADY_VOTED


def _changed(voters: Voters, user_id: str, change: Document) -> list[dict[str, Any]]:
    return [{**each, **(change if each["user_id"] == user_id else {})} for each in voters]
