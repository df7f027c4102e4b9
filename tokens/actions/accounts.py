"""Opening and changing an account."""

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.errors import AccountNotEmptyError
from tokens.rules import (
    DEFAULT_LARGE_TRANSACTION,
    NOTIFICATION_DEFAULTS,
    UNLIMITED,
    AccountStatus,
    HolderRole,
    OwnerKind,
    account_name_of,
)

SUFFIX_LENGTH = 6
SUFFIX_CHARACTERS = string.ascii_lowercase + string.digits


@unit_of_work()
def open_personal(user_id: str, username: str, *, now: datetime) -> str:
    """Open the personal account of a new user, empty, named like the user; returns its id.

    Joins the unit of registration, whose audit entry tells of it: neither exists without the other.
    Usernames are unique, never given again, and cannot begin with ``family_``, so the name is free.
    """
    return _open(username, OwnerKind.USER, owner_id=user_id, manager_id=user_id, now=now)


@unit_of_work()
def open_for_family(family_id: str, family_name: str, *, founder_id: str, now: datetime) -> str:
    """Open the account of a new family with its founder as manager, empty; returns its id.

    Joins the unit of founding, whose audit entry tells of it.

    Source: HTTP contract, section 4 (account name).
    """
    return _open(
        _free(account_name_of(family_name)),
        OwnerKind.FAMILY,
        owner_id=family_id,
        manager_id=founder_id,
        now=now,
    )


def _free(wanted: str) -> str:
    """Return the name, with a random end if it is taken or is the bare prefix.

    Two units that take one name at the same time meet at the unique index, and the second runs again.
    """
    name = wanted
    while name == "family_" or collection("sbd_accounts").find_one({"username": name}, {"_id": 1}):
        end = "".join(secrets.choice(SUFFIX_CHARACTERS) for _ in range(SUFFIX_LENGTH))
        name = f"{wanted.rstrip('_')}_{end}"
    return name


def set_notification_settings(account_id: str, settings: Mapping[str, Any], *, now: datetime) -> None:
    """Copy the family's wishes to where a spend reads them; part of the unit that changes the family.

    Args:
        account_id: which account.
        settings: all of ``rules.NOTIFICATION_DEFAULTS``, and ``large_transaction_threshold``.
        now: time of the change.
    """
    copied = {
        "notification_settings": {name: settings[name] for name in NOTIFICATION_DEFAULTS},
        "large_transaction_threshold": settings["large_transaction_threshold"],
        "updated_at": now,
    }
    collection("sbd_accounts").update({"_id": account_id}, {"$set": copied, "$inc": {"version": 1}})


def set_owner_active(user_id: str, *, active: bool, now: datetime) -> None:
    """Note on a person's own account whether they are disabled, as part of the unit in which that changes."""
    collection("sbd_accounts").update(
        {"owner.id": user_id, "owner.kind": str(OwnerKind.USER)},
        {"$set": {"owner.active": active, "updated_at": now}, "$inc": {"version": 1}},
    )


def close(account_id: str, *, now: datetime) -> None:
    """Close an empty account for ever; part of the unit in which its owner ends.

    Raises:
        AccountNotEmptyError: there are tokens on it.
    """
    closed = {"status": str(AccountStatus.CLOSED), "owner.active": False, "holders": [], "updated_at": now}
    empty = {"_id": account_id, "balance": 0}
    if collection("sbd_accounts").update(empty, {"$set": closed, "$inc": {"version": 1}}):
        return
    account = collection("sbd_accounts").find_one({"_id": account_id}, {"balance": 1})
    raise AccountNotEmptyError(balance=account["balance"] if account else 0)


def _open(username: str, kind: OwnerKind, *, owner_id: str, manager_id: str, now: datetime) -> str:
    account = drafted(username, kind, owner_id=owner_id, manager_id=manager_id, now=now)
    collection("sbd_accounts").insert(account)
    return str(account["_id"])


def drafted(username: str, kind: OwnerKind, *, owner_id: str, manager_id: str, now: datetime) -> Document:
    """Return an empty account with one manager, as it is stored."""
    manager = holder(
        manager_id, role=HolderRole.MANAGER, can_spend=True, limit=UNLIMITED, by=manager_id, now=now
    )
    return {
        "_id": new_id("acc"),
        "v": 1,
        "username": username,
        "owner": {"kind": str(kind), "id": owner_id, "active": True},
        "status": str(AccountStatus.ACTIVE),
        "freeze": None,
        "balance": 0,
        "seq": 0,
        "last_at": None,
        "version": 1,
        "large_transaction_threshold": DEFAULT_LARGE_TRANSACTION,
        "notification_settings": None,
        "holders": [manager],
        "created_at": now,
        "updated_at": now,
    }


def holder(  # noqa: PLR0913  # a holder is no less
    user_id: str, *, role: HolderRole, can_spend: bool, limit: int, by: str, now: datetime
) -> dict[str, Any]:
    """Return a holder as the account's document has it."""
    return {
        "user_id": user_id,
        "role": str(role),
        "can_spend": can_spend,
        "spending_limit": limit,
        "period_limit": None,
        "period": None,
        "active": True,
        "updated_by": by,
        "updated_at": now,
    }
