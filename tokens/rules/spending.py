"""Who may spend what of an account at a moment, and why not. No database, no clock.

The spend and its dry run ask the same question here, of the account as they read it; so they cannot answer
differently. Source: HTTP contract, sections 8 (validate-spending, roles) and 18 (rules 3 and 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from tokens.errors import frozen_by
from tokens.rules import UNLIMITED, AccountStatus

Account = Mapping[str, Any]
Holder = Mapping[str, Any]


class Period(StrEnum):
    """What a running total is kept over: in UTC, weeks as ISO 8601 has them."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Question(StrEnum):
    """What is asked before a spend, in this order; the first that is answered by no decides."""

    STATE = "state"
    PERMISSION = "permission"
    LIMIT = "limit"
    PERIOD = "period"
    BALANCE = "balance"


@dataclass(frozen=True)
class Reason:
    """The answer to one question, with the facts that it rests on."""

    question: Question
    passed: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """Whether somebody may spend so much now, and all reasons in their order."""

    reasons: tuple[Reason, ...]

    @property
    def refusal(self) -> Reason | None:
        """The reason that decides against it; ``None``: they may."""
        return next((each for each in self.reasons if not each.passed), None)

    def passes(self, question: Question) -> bool:
        """Tell whether a question that was asked is answered by yes."""
        return any(each.passed for each in self.reasons if each.question == question)


def decide(account: Account, user_id: str, amount: int, now: datetime) -> Decision:
    """Decide on a spend.

    Args:
        account: as its document is.
        user_id: who would spend.
        amount: whole tokens, at least 1.
        now: time of the spend; it decides which period's total counts, unless the account was already later.
    """
    now = next_at(account, now)
    holder = holder_of(account, user_id)
    may = holder is not None and bool(holder["can_spend"])
    limit = holder["spending_limit"] if holder else 0
    reasons = [
        Reason(Question.STATE, account["status"] == AccountStatus.ACTIVE, _state(account)),
        Reason(Question.PERMISSION, may, {"role": holder["role"] if holder else None}),
        Reason(Question.LIMIT, limit == UNLIMITED or amount <= limit, {"limit": limit, "amount": amount}),
    ]
    if holder is not None and holder["period_limit"] is not None:
        left = remaining(holder, now)
        facts = {**holder["period_limit"], "remaining": left, "amount": amount}
        reasons.append(Reason(Question.PERIOD, left is None or amount <= left, facts))
    return Decision((*reasons, _enough(account, amount)))


def decide_grant(account: Account, amount: int) -> Decision:
    """Decide on what the account itself pays, not one of its holders: its state and its balance count."""
    active = account["status"] == AccountStatus.ACTIVE
    return Decision((Reason(Question.STATE, active, _state(account)), _enough(account, amount)))


def next_at(account: Account, now: datetime) -> datetime:
    """Return the time of an account's next entry: not before its last one, whatever a server's clock says.

    A period goes by it too. Else spends from either side of midnight that come in turns, each late by a
    moment, would each begin the running total anew.
    """
    last: datetime | None = account.get("last_at")
    return now if last is None else max(last, now)


def holder_of(account: Account, user_id: str) -> Holder | None:
    """Return somebody's rights on an account; ``None``: they have none, or are disabled."""
    return next((each for each in account["holders"] if each["user_id"] == user_id and each["active"]), None)


def spent(holder: Holder, now: datetime) -> int:
    """Return how much of the period's limit a holder has used; a period that is over counts for nothing."""
    limit, total = holder["period_limit"], holder["period"]
    if limit is None or total is None or total["key"] != period_key(limit["period"], now):
        return 0
    return int(total["spent"])


def remaining(holder: Holder, now: datetime) -> int | None:
    """Return how much of the period's limit is left; ``None``: there is no such limit."""
    limit = holder["period_limit"]
    return (
        None if limit is None or limit["limit"] == UNLIMITED else max(0, limit["limit"] - spent(holder, now))
    )


def after_spend(holder: Holder, amount: int, now: datetime) -> Mapping[str, Any] | None:
    """Return the running total of a holder once they have spent; ``None``: none is kept."""
    limit = holder["period_limit"]
    if limit is None:
        return None
    return {"key": period_key(limit["period"], now), "spent": spent(holder, now) + amount}


def available(account: Account, user_id: str, now: datetime) -> int:
    """Return the most that somebody may spend at once: 0 of what is frozen, or without the right."""
    now = next_at(account, now)
    holder = holder_of(account, user_id)
    if account["status"] != AccountStatus.ACTIVE or holder is None or not holder["can_spend"]:
        return 0
    bounds = [holder["spending_limit"], remaining(holder, now)]
    return int(min([account["balance"], *(each for each in bounds if each not in {None, UNLIMITED})]))


def period_key(period: str, moment: datetime) -> str:
    """Return what a period is called: ``2026-11-26``, ``2026-W48``, ``2026-11``."""
    utc = moment.astimezone(UTC)
    if period == Period.DAY:
        return f"{utc:%Y-%m-%d}"
    if period == Period.MONTH:
        return f"{utc:%Y-%m}"
    year, week, _ = utc.isocalendar()
    return f"{year}-W{week:02}"


def _enough(account: Account, amount: int) -> Reason:
    facts = {"balance": account["balance"], "amount": amount}
    return Reason(Question.BALANCE, amount <= account["balance"], facts)


def _state(account: Account) -> dict[str, Any]:
    freeze = account["freeze"] or {}
    return {
        "status": account["status"],
        "frozen_at": freeze.get("at"),
        "frozen_by": frozen_by(account["freeze"]),
    }
