"""How a decision against a spend is told. No database, no clock.

Source: HTTP contract, sections 2.2 and 8 (validate-spending).
"""

from collections.abc import Mapping
from typing import Any

from ops.errors import DomainError
from tokens.errors import (
    AccountClosedError,
    AccountFrozenError,
    InsufficientBalanceError,
    NoSpendingPermissionError,
    SpendingLimitExceededError,
)
from tokens.rules import AccountStatus
from tokens.rules.spending import Decision, Question


def refused(account: Mapping[str, Any], decision: Decision) -> DomainError:
    """Return the refusal of a spend of an account that was decided against."""
    reason = decision.refusal
    if reason is None:
        msg = "it was not decided against"
        raise ValueError(msg)
    facts = reason.facts
    reasons = reasons_of(decision)
    match reason.question:
        case Question.STATE:
            frozen = facts["status"] == AccountStatus.FROZEN
            return AccountFrozenError(account["freeze"], reasons) if frozen else AccountClosedError()
        case Question.PERMISSION:
            return NoSpendingPermissionError(reasons)
        case Question.LIMIT:
            limit = facts["limit"]
            return SpendingLimitExceededError(limit, "transaction", remaining=limit, reasons=reasons)
        case Question.PERIOD:
            return SpendingLimitExceededError(
                facts["limit"], facts["period"], remaining=facts["remaining"], reasons=reasons
            )
        case Question.BALANCE:
            return InsufficientBalanceError(facts["amount"], balance=facts["balance"], reasons=reasons)


def reasons_of(decision: Decision) -> list[dict[str, Any]]:
    """Return what was asked, in this order, and how it was answered."""
    return [
        {"question": str(each.question), "passed": each.passed, **each.facts} for each in decision.reasons
    ]
