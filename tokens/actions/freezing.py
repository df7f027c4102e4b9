"""Freezing an account, and opening it again. A freeze stops every debit, and no deposit.

It writes the document that every spend writes, so that none can pass it. Source: HTTP contract, sections 8
(freeze) and 18 (rule 3).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ops import audit
from ops.actors import Actor
from ops.errors import ConflictError, InsufficientPermissionsError
from ops.mongo import turns
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries
from tokens.actions import openings, telling
from tokens.errors import AccountFreezeFailedError, AccountNotFoundError
from tokens.rules import AccountStatus, OwnerKind
from tokens.rules.issuing import is_own


class Told(NamedTuple):
    """Who freezes or opens, as holders are told; ``is_staff``: so nobody else lifts such a freeze."""

    name: str
    is_staff: bool = False


# By whatever name staff acts, holders are told this one.
SUPPORT = Told("the support", is_staff=True)


@unit_of_work()
def freeze(account: Document, *, reason: str, actor: Actor, told: Told, now: datetime) -> Document:
    """Freeze an active account, as part of a unit that read it; returns the freeze.

    Raises:
        AccountFreezeFailedError: it is frozen, or closed.
    """
    if account["status"] != AccountStatus.ACTIVE:
        raise AccountFreezeFailedError(account["status"])
    frozen = {
        "by": actor.id,
        "by_name": told.name,
        "by_staff": told.is_staff,
        "at": now,
        "reason": reason,
    }
    _write(account, AccountStatus.FROZEN, frozen, now=now)
    telling.tell_holders(account, "account_frozen", {"by": told.name}, now=now)
    record(actor, "account.frozen", account, AccountStatus.FROZEN, reason, now=now)
    return frozen


@unit_of_work()
def unfreeze(account: Document, *, reason: str | None, actor: Actor, told: Told, now: datetime) -> None:
    """Open a frozen account again, as part of a unit that read it.

    Raises:
        AccountFreezeFailedError: it is not frozen.
        InsufficientPermissionsError: staff froze it, and this is none.
    """
    _open(account, is_staff=told.is_staff, now=now)
    telling.tell_holders(account, "account_unfrozen", {"by": told.name}, now=now)
    record(actor, "account.unfrozen", account, AccountStatus.ACTIVE, reason, now=now)
    openings.follow(account, actor=actor, now=now)


@unit_of_work()
def contest(account: Document) -> None:
    """Let nobody pass a unit that read the account and decides on lifting its freeze, as part of that.

    Whoever opens the account, or lets a holder in or go, writes it as well.
    """
    turns.take(account["_id"])
    collection("sbd_accounts").update({"_id": account["_id"]}, {"$inc": {"touches": 1}})


@unit_of_work()
def lift(account: Document, kind: str, data: Mapping[str, str], *, now: datetime) -> None:
    """Open an account as its holders have decided, as part of the unit that decides it and read the account.

    That unit's audit entry tells of it, and a notice of this type and data tells the holders.

    Raises:
        AccountFreezeFailedError: it is not frozen.
        InsufficientPermissionsError: staff froze it.
    """
    _open(account, is_staff=False, now=now)
    telling.tell_holders(account, kind, data, now=now)


@unit_of_work()
def freeze_by_staff(account_id: str, *, actor: Actor, now: datetime, reason: str) -> Document:
    """Freeze an account so that only staff opens it again; returns the freeze.

    Raises:
        AccountNotFoundError: no such account.
        AccountFreezeFailedError: it is frozen, closed, or the system's own.
    """
    return freeze(_any_account(account_id), reason=reason, actor=actor, told=SUPPORT, now=now)


@unit_of_work()
def unfreeze_by_staff(account_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Open an account again, whoever froze it.

    Raises:
        AccountNotFoundError: no such account.
        AccountFreezeFailedError: it is not frozen.
        InsufficientPermissionsError: it is the actor's own.
    """
    account = _any_account(account_id)
    if is_own(account, actor.id):
        raise InsufficientPermissionsError(required="another member of staff: the account is your own")
    unfreeze(account, reason=reason, actor=actor, told=SUPPORT, now=now)


def _any_account(account_id: str) -> Document:
    """Return an account of whomever, but of nobody: all issuing would end with the system's."""
    account = queries.account_by_id(account_id)
    if account is None:
        raise AccountNotFoundError
    if account["owner"]["kind"] == OwnerKind.SYSTEM:
        raise AccountFreezeFailedError("the system's own")
    return account


def _open(account: Document, *, is_staff: bool, now: datetime) -> None:
    if account["status"] != AccountStatus.FROZEN:
        raise AccountFreezeFailedError(account["status"])
    if account["freeze"].get("by_staff") and not is_staff:
        raise InsufficientPermissionsError(required="staff")
    _write(account, AccountStatus.ACTIVE, None, now=now)


def _write(account: Document, status: AccountStatus, frozen: Document | None, *, now: datetime) -> None:
    turns.take(account["_id"])
    as_read = {"_id": account["_id"], "version": account["version"]}
    change = {"status": str(status), "freeze": frozen, "updated_at": now}
    if not collection("sbd_accounts").update(as_read, {"$set": change, "$inc": {"version": 1}}):
        raise ConflictError


def record(  # noqa: PLR0913  # what became of which account
    actor: Actor, action: str, account: Document, status: AccountStatus, reason: str | None, *, now: datetime
) -> None:
    """Write the entry of a freeze, or of its end, of an account as it was read in this unit."""
    audit.record(
        actor,
        action,
        target=account["_id"],
        family_id=queries.family_of(account),
        now=now,
        before={"status": account["status"]},
        after={"status": str(status)},
        reason=reason,
    )
