"""Requests as the contract describes them, in plain Python: how they stand, and what is paid by itself.

Source: HTTP contract, sections 9, 17 and 18 (rules 2, 3 and 6).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.tokens.ledger_model import MANAGER, MERCHANT, Ledger, Move, RefusedError

TOKENS, PURCHASE = "token_request", "purchase_request"
UNKNOWN = {TOKENS: "TOKEN_REQUEST_NOT_FOUND", PURCHASE: "PURCHASE_REQUEST_NOT_FOUND"}
PURCHASE_LIFE = timedelta(hours=168)


@dataclass(frozen=True)
class Policy:
    """What a family approves by itself; ``cap``: of one person in a day, ``None``: as much as at once."""

    threshold: int = 0
    cap: int | None = None
    hours: int = 168


@dataclass
class Request:
    """A request; ``move``: what paid it."""

    sort: str
    account: str
    by: str
    amount: int
    at: datetime
    expires_at: datetime
    status: str = "pending"
    id: str = ""
    move: Move | None = None

    def is_open(self, now: datetime) -> bool:
        """Tell whether somebody can decide on it."""
        return self.status == "pending" and now < self.expires_at

    def is_over(self, now: datetime) -> bool:
        """Tell whether time has ended it."""
        return self.status in {"pending", "expired"} and now >= self.expires_at

    def require_open(self, now: datetime) -> None:
        """Let somebody decide on it."""
        if self.is_over(now):
            raise RefusedError(UNKNOWN[self.sort])
        if self.status != "pending":
            status = self.status.upper() if self.sort == PURCHASE else self.status
            raise RefusedError("REQUEST_NOT_PENDING", status=status)


@dataclass
class Requests(Ledger):
    """A ledger of whose families' accounts people ask for something."""

    policies: dict[str, Policy] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def set_policy(self, name: str, wanted: Policy) -> int:
        """Set what a family approves by itself, and how long requests wait."""
        before = self.policies.get(name, Policy())
        self.policies[name] = wanted
        return int(wanted != before)

    def ask_for_tokens(self, user: str, to: str, name: str, amount: int, now: datetime) -> Request:
        """Ask for tokens, which are paid at once if all is so that the family wants it."""
        self.require_member(name, user)
        account, policy = self.accounts[name], self.policies.get(name, Policy())
        if account.frozen is not None:
            raise RefusedError("ACCOUNT_FROZEN")
        request = Request(TOKENS, name, user, amount, now, now + timedelta(hours=policy.hours))
        cap = policy.threshold if policy.cap is None else policy.cap
        enough = amount <= account.balance and self._by_itself(name, user, now) + amount <= cap
        if 0 < amount <= policy.threshold and enough:
            request.move = self.grant(name, to, amount, user, now)
            request.status = "auto_approved"
        self.requests.append(request)
        return request

    def ask_to_buy(self, user: str, name: str, cost: int, now: datetime) -> Request:
        """Ask that something is bought."""
        self.require_member(name, user)
        self.requests.append(Request(PURCHASE, name, user, cost, now, now + PURCHASE_LIFE))
        return self.requests[-1]

    def approve(self, request: Request, name: str, to: str, by: str, now: datetime) -> Move:
        """Approve and pay; ``to``: the account of whoever asked."""
        self._require_reviewer(request, name, by)
        if request.is_over(now):
            raise RefusedError(UNKNOWN[request.sort])
        managers = [each for each, holder in self.accounts[name].holders.items() if holder.role == MANAGER]
        if by == request.by and managers != [by]:
            raise RefusedError("SELF_APPROVAL_FORBIDDEN")
        request.require_open(now)
        recipient = MERCHANT if request.sort == PURCHASE else to
        request.move = self.grant(name, recipient, request.amount, by, now)
        request.status = "approved"
        return request.move

    def deny(self, request: Request, name: str, by: str, now: datetime) -> None:
        """Deny."""
        self._require_reviewer(request, name, by)
        request.require_open(now)
        request.status = "denied"

    def withdraw(self, request: Request, by: str, now: datetime) -> None:
        """Take back what one asked for; who is no admin does not learn of what others did."""
        self.require_member(request.account, by)
        if by != request.by:
            is_admin = self.accounts[request.account].holders[by].role == MANAGER
            raise RefusedError("INSUFFICIENT_PERMISSIONS" if is_admin else UNKNOWN[request.sort])
        request.require_open(now)
        request.status = "cancelled"

    def expire_requests(self, now: datetime) -> int:
        """Mark what time has ended."""
        overdue = [each for each in self.requests if each.status == "pending" and each.is_over(now)]
        for each in overdue:
            each.status = "expired"
        return len(overdue)

    def expel(self, name: str, user: str, now: datetime) -> int:
        """Take back what they asked for, too; the same entry tells of it."""
        for each in self.requests:
            if (each.account, each.by) == (name, user) and each.is_open(now):
                each.status = "cancelled"
        return super().expel(name, user, now)

    def _require_reviewer(self, request: Request, name: str, by: str) -> None:
        self.require_admin(name, by)
        if request.account != name:
            raise RefusedError(UNKNOWN[request.sort])

    def _by_itself(self, name: str, user: str, now: datetime) -> int:
        """Return how much was approved by itself for somebody on this day, in UTC."""
        return sum(
            each.amount
            for each in self.requests
            if (each.account, each.by, each.status, each.at.date())
            == (name, user, "auto_approved", now.date())
        )
