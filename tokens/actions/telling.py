"""Telling people of what happened to tokens and rights: who, by the account and what its family wishes.

Each is part of the unit of the change that it tells of. No notice carries a balance. Source: HTTP contract,
section 12.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ops import notices
from ops.actors import Actor
from ops.mongo.collections import Document
from ops.notices import Notice
from tokens import queries
from tokens.rules import HolderRole, OwnerKind

if TYPE_CHECKING:
    from tokens.actions.paying import Paid


def tell_of_payment(paid: "Paid", *, actor: Actor, now: datetime) -> None:
    """Tell everybody concerned of a payment, in two commands."""
    told = [*_of_debit(paid, actor), *_of_credit(paid, actor)]
    notices.tell_each(told, now=now)


def tell_of_grant(paid: "Paid", *, actor: Actor, now: datetime) -> None:
    """Tell the payer's people, as its settings wish it, of what was paid by a decision."""
    data = _data(paid, paid.payer, actor) | {"to": paid.recipient["username"]}
    notices.tell_each(_of_move(paid.payer, "sbd_spend", "notify_on_spend", data, paid.amount), now=now)


def tell_of_issuance(account: Document, transaction: Document, amount: int, *, now: datetime) -> None:
    """Tell those who hold an account of new tokens on it, which staff has made."""
    data = {
        "who": "the support",
        "user_id": transaction["actor"],
        "amount": f"{amount:,}",
        "account": account["username"],
        "transaction_id": transaction["_id"],
    }
    notices.tell_each(_of_move(account, "sbd_deposit", "notify_on_deposit", data, amount), now=now)


def tell_holders(
    account: Document, kind: str, data: Mapping[str, str], *, now: datetime, only: Iterable[str] | None = None
) -> None:
    """Tell all holders of an account, or only those of them."""
    everybody = _holders(account)
    user_ids = everybody if only is None else list(dict.fromkeys(only))
    about = {"account": account["username"], **data}
    notices.tell(user_ids, kind, data=about, now=now, family_id=queries.family_of(account))


def managers(account: Document) -> list[str]:
    """Return the ids of those who manage an account."""
    return [each["user_id"] for each in account["holders"] if each["role"] == HolderRole.MANAGER]


def _of_debit(paid: "Paid", actor: Actor) -> list[Notice]:
    payer, recipient = paid.payer, paid.recipient
    if payer["owner"]["kind"] != OwnerKind.FAMILY:
        return []
    data = _data(paid, payer, actor) | {"to": recipient["username"]}
    told = _of_move(payer, "sbd_spend", "notify_on_spend", data, paid.amount)
    others = [each for each in managers(payer) if each != actor.id]
    if recipient["owner"]["kind"] == OwnerKind.USER and others:
        told.append(Notice(others, "direct_token_transfer_admin", data, queries.family_of(payer)))
    if paid.reached_limit:
        told.append(Notice([actor.id], "spending_limit_reached", data, queries.family_of(payer)))
    return told


def _of_credit(paid: "Paid", actor: Actor) -> list[Notice]:
    recipient = paid.recipient
    data = _data(paid, recipient, actor)
    if recipient["owner"]["kind"] == OwnerKind.FAMILY:
        return _of_move(recipient, "sbd_deposit", "notify_on_deposit", data, paid.amount)
    if recipient["owner"]["id"] == actor.id:
        return []
    return [Notice([recipient["owner"]["id"]], "direct_token_transfer_received", data, None)]


def _of_move(
    account: Document, kind: str, setting: str, data: Mapping[str, str], amount: int
) -> list[Notice]:
    """Return the notice of a family's account to its people, as its settings wish it."""
    wished = queries.notification_settings(account)
    readers = managers(account) if wished["notify_admins_only"] else _holders(account)
    family_id = queries.family_of(account)
    if amount >= wished["large_transaction_threshold"]:
        return [Notice(readers, "large_transaction", data, family_id, mail_to=managers(account))]
    return [Notice(readers, kind, data, family_id)] if wished[setting] else []


def _holders(account: Document) -> list[str]:
    return [each["user_id"] for each in account["holders"]]


def _data(paid: "Paid", account: Document, actor: Actor) -> dict[str, str]:
    return {
        "who": actor.name,
        "user_id": actor.id,
        "amount": f"{paid.amount:,}",
        "account": account["username"],
        "transaction_id": paid.transaction["_id"],
    }
