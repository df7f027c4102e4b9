"""Who may spend what of an account.

Each of these is part of the unit in which what owns the account changes, whose audit entry tells of it. What
is so already stays, so that doing it twice changes nothing. Source: HTTP contract, section 8 (roles).
"""

from datetime import datetime
from typing import Any

from ops.mongo import turns
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions.accounts import holder
from tokens.rules import UNLIMITED, HolderRole

ACCOUNTS = "sbd_accounts"


@unit_of_work()
def admit(account_id: str, user_id: str, *, by: str, now: datetime) -> None:
    """Make somebody a viewer of the account: sees it, spends nothing."""
    newcomer = holder(user_id, role=HolderRole.VIEWER, can_spend=False, limit=0, by=by, now=now)
    collection(ACCOUNTS).update(
        {"_id": account_id, "holders.user_id": {"$ne": user_id}},
        {"$push": {"holders": newcomer}, **_counted(now)},
    )


@unit_of_work()
def make_manager(account_id: str, user_id: str, *, by: str, now: datetime) -> None:
    """Let a holder spend without limit, as an admin may."""
    _grant(account_id, user_id, HolderRole.MANAGER, can_spend=True, limit=UNLIMITED, by=by, now=now)


@unit_of_work()
def make_viewer(account_id: str, user_id: str, *, by: str, now: datetime) -> None:
    """Let a holder see the account and spend nothing, as every member begins."""
    _grant(account_id, user_id, HolderRole.VIEWER, can_spend=False, limit=0, by=by, now=now)


@unit_of_work()
def expel(account_id: str, user_id: str, *, now: datetime) -> bool:
    """Take away all rights on the account; tells whether there were any."""
    turns.take(account_id)
    return collection(ACCOUNTS).update(
        {"_id": account_id, "holders.user_id": user_id},
        {"$pull": {"holders": {"user_id": user_id}}, **_counted(now)},
    )


@unit_of_work()
def set_active(user_id: str, *, active: bool, now: datetime) -> int:
    """Suspend a person's rights on all accounts, or put them back in force; returns how many those were.

    What they may spend is kept, for the day that they are enabled again.
    """
    theirs = {"user_id": user_id, "active": not active}
    return collection(ACCOUNTS).update_all(
        {"holders": {"$elemMatch": theirs}},
        {"$set": {"holders.$.active": active, "updated_at": now}, "$inc": {"version": 1}},
    )


def _grant(  # noqa: PLR0913  # rights have as many parts
    account_id: str,
    user_id: str,
    role: HolderRole,
    *,
    can_spend: bool,
    limit: int,
    by: str,
    now: datetime,
) -> None:
    turns.take(account_id)
    granted = holder(user_id, role=role, can_spend=can_spend, limit=limit, by=by, now=now)
    changed = {
        f"holders.$.{name}": value for name, value in granted.items() if name not in {"user_id", "active"}
    }
    collection(ACCOUNTS).update(
        {"_id": account_id, "holders": {"$elemMatch": {"user_id": user_id, "role": {"$ne": str(role)}}}},
        {"$set": {**changed, "updated_at": now}, "$inc": {"version": 1}},
    )


def _counted(now: datetime) -> dict[str, Any]:
    return {"$inc": {"version": 1}, "$set": {"updated_at": now}}
