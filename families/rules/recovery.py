"""Recovering a family that nobody manages any more: when, by how many, for whom. No database, no clock.

Source: HTTP contract, sections 10 and 17.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from families.rules.succession import Member, backups
from ops.errors import Fault

LIFE = timedelta(hours=72)
TRIES = 5
CODE_LENGTH = 6

Document = Mapping[str, Any]


class RecoveryStatus(StrEnum):
    """States of a recovery; all but the first are final."""

    PENDING = "pending_verification"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class InitiationRefusal(StrEnum):
    """Why no recovery can begin."""

    WORKING_ADMIN = "working_admin"
    NOBODY_REACHABLE = "nobody_reachable"


class VerificationRefusal(StrEnum):
    """Why a code does not count."""

    WRONG_CODE = "wrong_code"
    NO_TRIES_LEFT = "no_tries_left"
    ALREADY_VOTED = "already_voted"
    NOT_PENDING = "not_pending"


def working_admins(admins: Collection[str], active: Collection[str]) -> list[str]:
    """Return the ids of those who manage the family: admins who are neither disabled nor gone."""
    return [each for each in admins if each in active]


def required_verifications(reachable: int) -> int:
    """Return how many must verify: one alone if there is nobody else, otherwise two or more than half."""
    return 1 if reachable == 1 else max(2, reachable // 2 + 1)


def status_at(recovery: Document, now: datetime) -> RecoveryStatus:
    """Return the state at a moment: expired from the very second of ``expires_at``, marked or not."""
    status = RecoveryStatus(recovery["status"])
    if status == RecoveryStatus.PENDING and now >= recovery["expires_at"]:
        return RecoveryStatus.EXPIRED
    return status


def voter_of(recovery: Document, user_id: str) -> Document | None:
    """Return the entry of somebody who got a code; ``None``: they got none."""
    return next((each for each in recovery["voters"] if each["user_id"] == user_id), None)


def refusal_to_verify(recovery: Document, voter: Document, now: datetime) -> VerificationRefusal | None:
    """Say why no code of this voter counts any more, right or wrong; ``None``: the right one does."""
    if status_at(recovery, now) != RecoveryStatus.PENDING:
        return VerificationRefusal.NOT_PENDING
    if voter["voted_at"] is not None:
        return VerificationRefusal.ALREADY_VOTED
    return None if voter["tries_left"] > 0 else VerificationRefusal.NO_TRIES_LEFT


def verifications(recovery: Document, members: Sequence[Member], active: Collection[str]) -> int:
    """Count the votes of those who are active members now; others' do not count."""
    counting = {each["user_id"] for each in members if each["user_id"] in active}
    return sum(each["voted_at"] is not None and each["user_id"] in counting for each in recovery["voters"])


def heir(members: Sequence[Member], active: Collection[str]) -> str:
    """Return who is promoted: the first active backup admin, else the active member of longest standing.

    Args:
        members: of whom at least one is active.
        active: ids of those who are neither disabled nor gone.
    """
    longest_first = [str(each["user_id"]) for each in sorted(members, key=lambda each: each["joined_at"])]
    return next(each for each in [*backups(members), *longest_first] if each in active)


def recovery_code_fault(code: str) -> Fault | None:
    """Say why this can be nobody's code; ``None``: it can."""
    if len(code) == CODE_LENGTH and code.isascii() and code.isdigit():
        return None
    return Fault("invalid_format", f"A code has {CODE_LENGTH} digits.")
