"""Issuing tokens: by staff, with a reason; many only by two people, who are not the account's.

An issuance and its payment are written in one unit, so that none says "issued" without the tokens. The
payment's key is the issuance's id: of one there is at most one. Source: HTTP contract, sections 8 (issued and
reversed) and 18 (rules 2, 6 and 13).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from ops import audit
from ops.actors import Actor
from ops.errors import FieldFault, InsufficientPermissionsError, ValidationFailedError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries
from tokens.actions import telling
from tokens.errors import AccountNotFoundError, IssuanceNotFoundError, IssuanceRefusedError
from tokens.ledger.posting import Posting, Terms, post
from tokens.models.system import ISSUANCE_ID
from tokens.rules import AccountStatus, Kind, OwnerKind, issuing
from tokens.rules.issuing import IssuanceStatus

ISSUANCES = "issuances"
ANOTHER = "another member of staff"


@unit_of_work()
def issue(  # noqa: PLR0913  # who puts how many on what, and why
    account_id: str,
    amount: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    issuance_id: str | None = None,
) -> Document:
    """Put new tokens on an account, or ask a second person to; returns the issuance.

    Args:
        account_id: of a person's or a family's account; a frozen one takes tokens, too.
        amount: whole tokens; above ``ISSUE_ALONE_UP_TO`` the issuance is pending.
        actor: who asks for it.
        now: time of the change.
        reason: why, in words of the actor.
        issuance_id: names the intent: there is at most one issuance of this id.

    Raises:
        ValidationFailedError: the amount is none that can be moved at once.
        AccountNotFoundError: no such account.
        InsufficientPermissionsError: it is the actor's own.
        IssuanceRefusedError: the account takes no tokens, or the id is used.
    """
    if not issuing.is_amount(amount):
        code = "too_small" if amount < 1 else "too_large"
        raise ValidationFailedError([FieldFault("amount", code, f"From 1 to {issuing.MOST:,} tokens.")])
    if issuance_id is not None and queries.issuance_by_id(issuance_id) is not None:
        raise IssuanceRefusedError("This was asked for already.")
    account, system = _accounts(account_id, actor)
    issuance = _issuance(account, amount, actor=actor, now=now, reason=reason, issuance_id=issuance_id)
    waits = issuing.needs_second_person(amount, alone_up_to=settings.ISSUE_ALONE_UP_TO)
    if not waits:
        issuance |= _issued(issuance, account, system, actor=actor, now=now)
    collection(ISSUANCES).insert(issuance)
    if waits:
        after = {"status": str(IssuanceStatus.PENDING), "account": account_id, "amount": amount}
        _record(actor, "issuance.asked", issuance, account, now=now, reason=reason, after=after)
    else:
        _record_issued(actor, issuance, account, now=now, reason=reason)
    return issuance


@unit_of_work()
def confirm(issuance_id: str, *, actor: Actor, now: datetime, reason: str) -> Document:
    """Issue what somebody else asked for, once; returns the issuance.

    Raises:
        IssuanceNotFoundError: there is none.
        IssuanceRefusedError: it has been decided, or the account takes no tokens any more.
        InsufficientPermissionsError: the actor asked for it, or the account is theirs.
    """
    issuance = _pending(issuance_id)
    if actor.id == issuance["asked_by"]:
        raise InsufficientPermissionsError(required=ANOTHER)
    account, system = _accounts(issuance["account"], actor)
    change = _issued(issuance, account, system, actor=actor, now=now)
    _decide(issuance_id, change)
    issuance |= change
    _record_issued(actor, issuance, account, now=now, reason=reason)
    return issuance


@unit_of_work()
def withdraw(issuance_id: str, *, actor: Actor, now: datetime, reason: str) -> Document:
    """Let a pending issuance be, by a second person or by whoever asked for it; returns it.

    Raises:
        IssuanceNotFoundError: there is none.
        IssuanceRefusedError: it has been decided.
    """
    issuance = _pending(issuance_id)
    change = _decided(IssuanceStatus.WITHDRAWN, actor, now)
    _decide(issuance_id, change)
    account = queries.account_by_id(issuance["account"])
    before, after = {"status": str(IssuanceStatus.PENDING)}, {"status": str(IssuanceStatus.WITHDRAWN)}
    _record(
        actor, "issuance.withdrawn", issuance, account, now=now, reason=reason, before=before, after=after
    )
    return issuance | change


def _accounts(account_id: str, actor: Actor) -> tuple[Document, Document]:
    """Return an account that may be given tokens by the actor, and the one they come from. One look."""
    found = queries.accounts_by_id([account_id, ISSUANCE_ID])
    account, system = found.get(account_id), found[ISSUANCE_ID]
    if account is None:
        raise AccountNotFoundError
    if account["owner"]["kind"] == OwnerKind.SYSTEM:
        raise IssuanceRefusedError("Tokens are issued to people and families only.")
    if account["status"] == AccountStatus.CLOSED:
        raise IssuanceRefusedError("The account is closed.")
    if issuing.is_own(account, actor.id):
        raise InsufficientPermissionsError(required=f"{ANOTHER}: the account is your own")
    return account, system


def _issuance(  # noqa: PLR0913  # an issuance has as many parts
    account: Document, amount: int, *, actor: Actor, now: datetime, reason: str, issuance_id: str | None
) -> Document:
    return {
        "_id": issuance_id or new_id("iss"),
        "v": 1,
        "account": account["_id"],
        "amount": amount,
        "reason": reason,
        "status": str(IssuanceStatus.PENDING),
        "asked_by": actor.id,
        "asked_by_name": actor.name,
        "asked_at": now,
        "decided_by": None,
        "decided_by_name": None,
        "decided_at": None,
        "transaction": None,
    }


def _pending(issuance_id: str) -> Document:
    issuance = queries.issuance_by_id(issuance_id)
    if issuance is None:
        raise IssuanceNotFoundError
    if issuance["status"] != IssuanceStatus.PENDING:
        raise IssuanceRefusedError(f"It is {issuance['status']} already.")
    return issuance


def _issued(
    issuance: Document, account: Document, system: Document, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Move the tokens; returns what is to be written of it into the issuance, in the same unit."""
    amount, related = issuance["amount"], {"type": "issuance", "id": issuance["_id"]}
    terms = Terms(key=f"issuance:{issuance['_id']}", related=related)
    postings = [Posting(system, -amount), Posting(account, amount)]
    posted = post(Kind.ISSUANCE, postings, actor=actor, now=now, terms=terms)
    telling.tell_of_issuance(account, posted.transaction, amount, now=now)
    return {**_decided(IssuanceStatus.ISSUED, actor, now), "transaction": posted.transaction["_id"]}


def _decided(status: IssuanceStatus, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "status": str(status),
        "decided_by": actor.id,
        "decided_by_name": actor.name,
        "decided_at": now,
    }


def _decide(issuance_id: str, change: Mapping[str, Any]) -> None:
    """Write it. Two who decide at once write one document: the second runs again, and finds it decided."""
    still_pending = {"_id": issuance_id, "status": str(IssuanceStatus.PENDING)}
    collection(ISSUANCES).update(still_pending, {"$set": change})


def _record_issued(
    actor: Actor, issuance: Document, account: Document, *, now: datetime, reason: str
) -> None:
    after = {name: issuance[name] for name in ("account", "amount", "asked_by", "transaction")}
    _record(actor, "tokens.issued", issuance, account, now=now, reason=reason, after=after)


def _record(  # noqa: PLR0913  # what became of which issuance
    actor: Actor,
    action: str,
    issuance: Document,
    account: Document | None,
    *,
    now: datetime,
    reason: str,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        actor,
        action,
        target=issuance["_id"],
        family_id=queries.family_of(account) if account else None,
        now=now,
        before=before,
        after=after,
        reason=reason,
    )
