"""A family's account as the answers have it. Source: HTTP contract, section 8."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from families import queries
from families.api.answers import rights
from ops.actors import Actor
from ops.mongo.collections import Document
from tokens import queries as accounts
from tokens import request_queries
from tokens.actions.paying import Paid
from tokens.api import answers
from tokens.errors import frozen_by
from tokens.rules import spending
from tokens.rules.refusals import refused


def etag(account: Document) -> str:
    """Return the tag: rights and state count for ``If-Match``, payments do not. Source: contract, 1.3."""
    return f'"{account["version"]}.{account["seq"]}"'


def account_of(family: Document, now: datetime) -> dict[str, Any]:
    """Return ``AccountAnswer``. All of it but ``as_of`` follows from what the tag counts."""
    account = family[queries.ACCOUNT]
    held = {each["user_id"]: rights(each) for each in account["holders"] if each["active"]}
    return {
        "account_id": account["_id"],
        "account_username": account["username"],
        "account_name": account["username"],
        "currency": "SBD",
        "balance": account["balance"],
        **account_status(account),
        "spending_permissions": held,
        "member_permissions": held,
        "notification_settings": accounts.notification_settings(account),
        "recent_transactions": [answers.entry(each) for each in family[queries.RECENT]],
        "as_of": now,
    }


def account_status(account: Document) -> dict[str, Any]:
    """Return ``AccountStatus``."""
    freeze = account["freeze"] or {}
    return {
        "status": account["status"],
        "is_frozen": answers.is_frozen(account),
        "frozen_by": frozen_by(freeze or None),
        "frozen_at": freeze.get("at"),
        "freeze_reason": freeze.get("reason"),
    }


def holders(account: Document, names: Mapping[str, str], now: datetime) -> list[dict[str, Any]]:
    """Return ``HolderAnswer`` of each, those who joined first before the others."""
    return [
        {
            "user_id": each["user_id"],
            "username": names[each["user_id"]],
            **{name: each[name] for name in answers.RIGHTS},
            "period_spent": spending.spent(each, now),
        }
        for each in account["holders"]
        if each["active"]
    ]


def frozen_or_opened(account: Document, reason: str | None) -> dict[str, Any]:
    """Return ``FreezeData`` of an account as it is now."""
    freeze = account["freeze"] or {}
    return {
        "action": "frozen" if freeze else "unfrozen",
        "frozen_by": frozen_by(freeze or None),
        "frozen_by_username": freeze.get("by_name"),
        "frozen_at": freeze.get("at"),
        "reason": reason,
        "account_status": account_status(account),
    }


def available(family: Document, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return ``AvailableAnswer``; the family was read with its pending requests."""
    account, user_id = family[queries.ACCOUNT], actor.user_id
    decision = spending.decide(account, user_id, 1, now)
    denial = refused(account, decision) if decision.refusal else None
    mine = answers.permissions(account, user_id)
    return {
        "status": "success",
        "balance": account["balance"],
        "data": {
            "family_id": family["_id"],
            "account_username": account["username"],
            "account_name": account["username"],
            "total_balance": account["balance"],
            "available_balance": spending.available(account, user_id, now),
            "is_frozen": answers.is_frozen(account),
            "can_spend": mine["can_spend"],
            "spending_limit": mine["spending_limit"],
            "pending_requests_count": request_queries.pending_count(
                family, only_own=not queries.is_admin(family, user_id)
            ),
            "reason": denial.code if denial else None,
            "last_updated": max(account["updated_at"], account.get("last_at") or account["updated_at"]),
        },
    }


def transferred(paid: Paid) -> dict[str, Any]:
    """Return ``TransferData``."""
    return {
        "transaction_id": paid.transaction["_id"],
        "amount": paid.amount,
        "recipient": {"user_id": paid.recipient["owner"]["id"], "username": paid.recipient["username"]},
        "reason": paid.transaction["note"],
        "transferred_at": paid.transaction["at"],
        "balance_after": paid.payer_balance,
    }


def contributed(paid: Paid) -> dict[str, Any]:
    """Return ``ContributionAnswer``."""
    return {
        "transaction_id": paid.transaction["_id"],
        "amount": paid.amount,
        "balance_after": paid.recipient_balance,
        "personal_balance_after": paid.payer_balance,
        "created_at": paid.transaction["at"],
    }
