"""A decision on a spend, in words for people who ask why. No database, no clock.

Source: HTTP contract, section 8 (validate-spending).
"""

from datetime import UTC, datetime
from typing import Any

from tokens.rules import UNLIMITED, AccountStatus
from tokens.rules.spending import Decision, Question, Reason


def verdict(decision: Decision) -> str:
    """Return the decision in a sentence; a refusal names what decided."""
    refusal = decision.refusal
    return "Yes, they may spend it now." if refusal is None else f"No: {_lowered(sentence(refusal))}"


def sentence(reason: Reason) -> str:
    """Return what was asked and found, in a sentence."""
    facts = reason.facts
    match reason.question:
        case Question.STATE:
            return _state(facts["status"], facts["frozen_at"], facts["frozen_by"])
        case Question.PERMISSION:
            return _permission(facts["role"], may=reason.passed)
        case Question.LIMIT:
            if facts["limit"] == UNLIMITED:
                return "They have no limit for one transaction."
            return f"They may spend at most {facts['limit']:,} at once; this is {facts['amount']:,}."
        case Question.PERIOD:
            return _period(facts["limit"], facts["period"], facts["remaining"], facts["amount"])
        case Question.BALANCE:
            return f"There are {facts['balance']:,} tokens on the account; this is {facts['amount']:,}."


def _state(status: str, since: datetime | None, by: str | None) -> str:
    if status != AccountStatus.FROZEN or since is None:
        return f"The account is {status}."
    who = by or "the staff"
    return f"The account is frozen, since {since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, by {who}."


def _permission(role: str | None, *, may: bool) -> str:
    if role is None:
        return "They hold no part of the account, or are disabled."
    return f"They are a {role} of the account, and may {'' if may else 'not '}spend."


def _period(limit: int, period: str, left: int | None, amount: Any) -> str:
    if left is None:
        return f"They have no limit for a {period}."
    return f"Of {limit:,} a {period} they have {left:,} left; this is {amount:,}."


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]
