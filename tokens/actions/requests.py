"""What becomes of a request: asked, approved and paid, denied, taken back.

Who may do it, a higher package says: each of these is part of a unit that read the request and its account,
and has shown it. Each writes the account, as everything does that lets people in or takes their rights away,
freezes or closes: so none of that passes a decision, nor is passed by one. A request says "approved" in the
unit of its payment, and of many who decide on it one wins.

Source: HTTP contract, sections 9, 17 and 18 (rules 2, 3 and 6).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ops import audit
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo import turns
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import request_queries
from tokens.actions import granting
from tokens.actions.paying import Payment
from tokens.actions.request_notices import BY_ITSELF, tell_of_decision, tell_of_request
from tokens.errors import RequestNotPendingError
from tokens.rules.requests import (
    TOKENS,
    Policy,
    RequestStatus,
    Sort,
    is_over,
    refusal_to_auto_approve,
    status_at,
)

PENDING = str(RequestStatus.PENDING)


class Asked(NamedTuple):
    """What is asked for: how many tokens and why, for how long; ``details``: what its sort alone has."""

    amount: int
    reason: str
    life: timedelta
    details: Mapping[str, Any]


class Decider(NamedTuple):
    """Who decides, and what they say to it."""

    actor: Actor
    comments: str | None = None


@unit_of_work()
def ask(sort: Sort, account: Document, asked: Asked, *, actor: Actor, now: datetime) -> Document:
    """Write a request that waits for those who manage the account; returns it."""
    request = _drafted(sort, account, asked, actor=actor, now=now)
    _touch(account)
    collection(sort.collection).insert(request)
    tell_of_request(sort, account, request, now=now)
    _record_asked(sort, request, actor=actor, now=now)
    return request


@unit_of_work()
def ask_for_tokens(  # noqa: PLR0913  # who asks whom for what, and what the family says to it
    account: Document, own: Document, asked: Asked, policy: Policy, *, actor: Actor, now: datetime
) -> Document:
    """Ask for tokens: what the family's policy approves is paid at once, the rest waits; returns the request.

    Args:
        account: of which they are asked for.
        own: the actor's own account.
        asked: how many, and why.
        policy: what the family has set.
        actor: who asks.
        now: time of the request.
    """
    today = request_queries.approved_today(str(account["owner"]["id"]), actor.user_id, now)
    because = refusal_to_auto_approve(account, asked.amount, policy, today)
    if because is not None:
        facts = {**policy._asdict(), "approved_today": today}
        facts |= {"balance": account["balance"], "status": account["status"]}
        waits = {"waits": {"because": str(because), **facts}}
        return ask(TOKENS, account, asked._replace(details={**asked.details, **waits}), actor=actor, now=now)
    request = _drafted(TOKENS, account, asked, actor=actor, now=now)
    request |= {"status": str(RequestStatus.AUTO_APPROVED), "reviewed_at": now, "ended_at": now}
    request["transaction"] = _pay(TOKENS, request, account, own, actor=actor, now=now)
    collection(TOKENS.collection).insert(request)
    tell_of_decision(TOKENS, "approved", account, request, by=BY_ITSELF, now=now)
    _record_asked(TOKENS, request, actor=actor, now=now)
    return request


@unit_of_work()
def approve(  # noqa: PLR0913  # what is paid to whom, by whose decision
    sort: Sort, request: Document, account: Document, recipient: Document, decider: Decider, *, now: datetime
) -> Document:
    """Pay what is asked for, and say so; returns the request as it is then.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError: it has expired.
        RequestNotPendingError: it has been decided.
        AccountFrozenError, AccountClosedError, InsufficientBalanceError: it cannot be paid now; it waits on.
    """
    require_pending(sort, request, now)
    transaction = _pay(sort, request, account, recipient, actor=decider.actor, now=now)
    return _decided(sort, request, account, decider, RequestStatus.APPROVED, transaction=transaction, now=now)


@unit_of_work()
def deny(sort: Sort, request: Document, account: Document, decider: Decider, *, now: datetime) -> Document:
    """Refuse what is asked for; returns the request as it is then.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError, RequestNotPendingError: as ``approve``.
    """
    require_pending(sort, request, now)
    _touch(account)
    return _decided(sort, request, account, decider, RequestStatus.DENIED, transaction=None, now=now)


@unit_of_work()
def cancel(sort: Sort, request: Document, account: Document, *, actor: Actor, now: datetime) -> Document:
    """Take a request back; returns it as it is then.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError, RequestNotPendingError: as ``approve``.
    """
    require_pending(sort, request, now)
    _touch(account)
    cancelled = end(sort, request, {"status": str(RequestStatus.CANCELLED), "ended_at": now})
    record_end(sort, "cancelled", cancelled, actor=actor, now=now)
    return cancelled


def require_pending(sort: Sort, request: Document, now: datetime) -> None:
    """Let a request that waits be decided on.

    Raises:
        TokenRequestNotFoundError, PurchaseRequestNotFoundError, RequestNotPendingError: as ``approve``.
    """
    if is_over(request, now):
        raise sort.unknown
    status = status_at(request, now)
    if status != RequestStatus.PENDING:
        raise RequestNotPendingError(sort.told(status))


def end(sort: Sort, request: Document, change: Mapping[str, Any]) -> Document:
    """Write how a request ended, as part of a unit; returns it as it is then.

    Raises:
        RequestNotPendingError: it ended otherwise meanwhile.
    """
    still = {"_id": request["_id"], "status": PENDING}
    ended = collection(sort.collection).find_and_update(still, {"$set": change})
    if ended is None:
        raise RequestNotPendingError(sort.told(RequestStatus(request["status"])))
    return ended


def record_end(  # noqa: PLR0913  # an entry has as many parts
    sort: Sort, what: str, request: Document, *, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    """Write the audit entry of a request's end."""
    audit.record(
        actor,
        f"{sort.name}.{what}",
        target=request["_id"],
        family_id=request["family_id"],
        now=now,
        before={"status": PENDING},
        after={name: request[name] for name in ("status", "amount", "requester_id", "transaction")},
        reason=reason,
    )


def _drafted(sort: Sort, account: Document, asked: Asked, *, actor: Actor, now: datetime) -> Document:
    unset = ("ended_at", "reviewed_by", "reviewed_by_name", "reviewed_at", "comments", "transaction")
    return {
        "_id": new_id(sort.prefix),
        "v": 1,
        "account": account["_id"],
        "family_id": account["owner"]["id"],
        "requester_id": actor.user_id,
        "requester_name": actor.name,
        "amount": asked.amount,
        "reason": asked.reason,
        "status": PENDING,
        "created_at": now,
        "expires_at": now + asked.life,
        **dict.fromkeys(unset),
        **({"waits": None} if sort == TOKENS else {}),
        **asked.details,
    }


def _touch(account: Document) -> None:
    turns.take(account["_id"])
    collection("sbd_accounts").update({"_id": account["_id"]}, {"$inc": {"touches": 1}})


def _pay(  # noqa: PLR0913  # who is paid what, of what, by whose decision
    sort: Sort, request: Document, account: Document, recipient: Document, *, actor: Actor, now: datetime
) -> str:
    payment = Payment(
        sort.kind,
        request["amount"],
        request.get("item_name"),
        related={"type": sort.name, "id": request["_id"]},
    )
    paid = granting.grant(account, recipient, payment, actor=actor, now=now)
    return str(paid.transaction["_id"])


def _decided(  # noqa: PLR0913  # who decided what on which
    sort: Sort,
    request: Document,
    account: Document,
    decider: Decider,
    status: RequestStatus,
    *,
    transaction: str | None,
    now: datetime,
) -> Document:
    actor, comments = decider
    change = {
        "status": str(status),
        "reviewed_by": actor.user_id,
        "reviewed_by_name": actor.name,
        "reviewed_at": now,
        "ended_at": now,
        "comments": comments,
        "transaction": transaction,
    }
    decided = end(sort, request, change)
    tell_of_decision(sort, status, account, decided, by=actor.name, now=now)
    record_end(sort, status, decided, actor=actor, now=now, reason=comments)
    return decided


def _record_asked(sort: Sort, request: Document, *, actor: Actor, now: datetime) -> None:
    shown = ("status", "amount", "expires_at", "transaction")
    written = {name: request[name] for name in ("item_name", "link") if request.get(name)}
    audit.record(
        actor,
        f"{sort.name}.created",
        target=request["_id"],
        family_id=request["family_id"],
        now=now,
        after={name: request[name] for name in shown},
        reason=request["reason"],
        private=written,
    )
