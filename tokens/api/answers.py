"""Accounts, entries and payments as the answers have them. Source: HTTP contract, section 8."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops.mongo.collections import Document
from tokens import queries
from tokens.actions.freezing import SUPPORT
from tokens.actions.paying import Paid
from tokens.rules import AccountStatus, Kind, spending
from tokens.rules.refusals import reasons_of, refused

# What staff does: people are not told who of them it was.
BY_SUPPORT = frozenset({Kind.ISSUANCE, Kind.REVERSAL})
RIGHTS = ("role", "can_spend", "spending_limit", "period_limit")
NO_RIGHTS: Mapping[str, Any] = {"role": None, "can_spend": False, "spending_limit": 0, "period_limit": None}


def is_frozen(account: Document) -> bool:
    """Tell whether nothing is debited from an account for now."""
    return bool(account["status"] == AccountStatus.FROZEN)


def own_account(account: Document, username: str, now: datetime) -> dict[str, Any]:
    """Return ``OwnAccountAnswer``."""
    return {
        "username": username,
        "account_username": account["username"],
        "sbd_tokens": account["balance"],
        "is_frozen": is_frozen(account),
        "as_of": now,
    }


def sent(paid: Paid) -> dict[str, Any]:
    """Return what ``SentAnswer`` has beside the message."""
    return {
        "from_user": paid.payer["username"],
        "to_user": paid.recipient["username"],
        "amount": paid.amount,
        "transaction_id": paid.transaction["_id"],
        "balance_after": paid.payer_balance,
    }


def entry(stored: Document) -> dict[str, Any]:
    """Return ``EntryAnswer``."""
    is_debit = stored["amount"] < 0
    parties = [stored["username"], stored["other"]["username"]]
    payer, recipient = parties if is_debit else reversed(parties)
    by_support = stored["kind"] in BY_SUPPORT
    return {
        "transaction_id": stored["transaction"],
        "type": stored["kind"],
        "direction": "debit" if is_debit else "credit",
        "amount": abs(stored["amount"]),
        "balance_after": stored["balance_after"],
        "seq": stored["seq"],
        "from_user": payer,
        "to_user": recipient,
        "timestamp": stored["at"],
        "note": stored["note"],
        "actor": {"user_id": None, "username": SUPPORT.name} if by_support else stored["actor"],
        "related": stored["related"],
    }


def permissions(account: Document, user_id: str) -> dict[str, Any]:
    """Return ``UserPermissions``."""
    holder = spending.holder_of(account, user_id)
    return {name: holder[name] for name in RIGHTS} if holder else dict(NO_RIGHTS)


def validation(
    account: Document, user_id: str, amount: int, *, now: datetime, sees_balance: bool
) -> dict[str, Any]:
    """Return ``ValidationAnswer``: what the spend would meet, by the very rule of the spend."""
    decision = spending.decide(account, user_id, amount, now)
    reasons = reasons_of(decision)
    if not sees_balance:
        reasons = [{name: fact for name, fact in each.items() if name != "balance"} for each in reasons]
    denial = refused(account, decision) if decision.refusal else None
    said = {"denial_reason": denial.code, "denial_message": denial.message} if denial else {}
    return {
        "status": "success",
        "valid": denial is None,
        "data": {
            "can_spend": denial is None,
            "amount": amount,
            "family_id": queries.family_of(account),
            "account_username": account["username"],
            "user_permissions": permissions(account, user_id),
            "account_status": {
                "is_frozen": is_frozen(account),
                "current_balance": account["balance"] if sees_balance else None,
            },
            "reasons": reasons,
            **said,
        },
    }
