"""Votes on opening a family's account as the contract describes them, in plain Python.

Source: HTTP contract, sections 10, 17 (emergency unfreeze) and 18 (rule 3).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.tokens.ledger_model import Ledger, RefusedError

LIFE = timedelta(hours=48)
FOR, AGAINST = "approval", "rejection"
CODES = {FOR: "APPROVAL_FAILED", AGAINST: "REJECTION_FAILED"}


@dataclass
class Emergency:
    """A vote; ``freeze``: by whom and when was frozen, ``gone``: whose votes count no more."""

    account: str
    freeze: tuple[str | None, datetime | None]
    votes: dict[str, str | None]
    required: int
    expires_at: datetime
    status: str = "pending"
    id: str = ""
    gone: set[str] = field(default_factory=set)

    def number_of(self, vote: str | None) -> int:
        """Return how many vote so; ``None``: how many have still to."""
        return sum(each == vote and user not in self.gone for user, each in self.votes.items())

    def is_lost(self) -> bool:
        """Tell whether as many are against it as it takes, or those who are left are too few."""
        reached = self.number_of(FOR) + self.number_of(None)
        return self.number_of(AGAINST) >= self.required or reached < self.required


@dataclass
class Emergencies(Ledger):
    """A ledger whose families vote on freezes."""

    emergencies: list[Emergency] = field(default_factory=list)

    def begin_vote(self, name: str, user: str, now: datetime) -> tuple[Emergency, int]:
        """Begin a vote; returns it, and how many entries tell of it."""
        self.require_member(name, user)
        account = self.accounts[name]
        if account.frozen == "staff":
            raise RefusedError("INSUFFICIENT_PERMISSIONS", required="staff")
        if account.frozen == user:
            raise RefusedError("INSUFFICIENT_PERMISSIONS")
        earlier = self._pending(name)
        voters = [each for each in account.holders if each != account.frozen]
        if account.frozen is None:
            raise _no_vote("not_frozen")
        if earlier is not None and self._status(earlier, now) == "pending":
            raise _no_vote("already_open")
        if len(voters) < 2:  # of one alone no two can approve
            raise _no_vote("too_few_voters")
        if earlier is not None:
            earlier.status = self._status(earlier, now)
        votes: dict[str, str | None] = {each: FOR if each == user else None for each in voters}
        freeze = (account.frozen, account.frozen_at)
        made = Emergency(name, freeze, votes, max(2, len(voters) // 2 + 1), now + LIFE)
        self.emergencies.append(made)
        return made, 1 + (earlier is not None)

    def vote(self, emergency: Emergency, user: str, vote: str, now: datetime) -> None:
        """Vote, which may decide it."""
        if user not in self.accounts[emergency.account].holders:
            raise RefusedError("NOT_FOUND")
        if user not in emergency.votes or user in emergency.gone:
            raise RefusedError("INSUFFICIENT_PERMISSIONS")
        status = self._status(emergency, now)
        if status != "pending":
            raise RefusedError(CODES[vote], reason="expired" if status == "expired" else "not_pending")
        if emergency.votes[user] is not None:
            raise RefusedError(CODES[vote], reason="already_voted")
        emergency.votes[user] = vote
        if emergency.number_of(FOR) >= emergency.required:
            emergency.status = "executed"
            self.accounts[emergency.account].frozen = None
        elif emergency.is_lost():
            emergency.status = "rejected"

    def expire_votes(self, now: datetime) -> int:
        """Mark what time has ended."""
        overdue = [each for each in self.emergencies if each.status == "pending" and now >= each.expires_at]
        for each in overdue:
            each.status = "expired"
        return len(overdue)

    def unfreeze(self, name: str, by: str, now: datetime) -> int:
        """End the vote on it, too."""
        entries = super().unfreeze(name, by, now)
        if (open_one := self._pending(name)) is None or now >= open_one.expires_at:
            return entries
        open_one.status = "superseded"
        return entries + 1

    def expel(self, name: str, user: str, now: datetime) -> int:
        """Count their vote no more, too."""
        entries = super().expel(name, user, now)
        if (open_one := self._pending(name)) is None or now >= open_one.expires_at:
            return entries
        open_one.gone |= {user} & open_one.votes.keys()
        if not open_one.is_lost():
            return entries
        open_one.status = "rejected"
        return entries + 1

    def _pending(self, name: str) -> Emergency | None:
        found = (each for each in self.emergencies if (each.account, each.status) == (name, "pending"))
        return next(found, None)

    def _status(self, emergency: Emergency, now: datetime) -> str:
        if emergency.status != "pending":
            return emergency.status
        if now >= emergency.expires_at:
            return "expired"
        account = self.accounts[emergency.account]
        stands = account.frozen is not None and (account.frozen, account.frozen_at) == emergency.freeze
        return "pending" if stands else "superseded"


def _no_vote(reason: str) -> RefusedError:
    return RefusedError("EMERGENCY_UNFREEZE_FAILED", reason=reason)
