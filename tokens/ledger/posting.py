"""Posting: the only way in which a balance changes.

The invariants, of which each has its test:

1. The postings of a transaction sum to 0, and each changes exactly one account's balance by its amount.
2. An account's entries are numbered 1, 2, 3, … without a gap, ``balance_after`` of each is the one before
   plus its amount, and the account's balance is the last one's. Only ``system_issuance`` goes below 0.
3. Nothing is debited from an account that is not active; nothing is credited to a closed one.
4. Of one key there is at most one transaction; of one transaction at most one reversal.

All of it rests on the unit of work: the accounts were read in it, and of two units that write one account the
second runs again on what the first has left. System accounts, which everybody would write, are not written:
their entries carry the transaction's id in place of a number, and a job rolls their balance up.

Source: design, section 5; HTTP contract, section 18 (rules 1 to 5).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ops.actors import Actor
from ops.errors import ConflictError
from ops.ids import new_id
from ops.mongo import turns
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.errors import AccountClosedError, AccountFrozenError, InsufficientBalanceError
from tokens.ledger import system_balances
from tokens.models.system import ISSUANCE_ID
from tokens.rules import AccountStatus, Kind, OwnerKind
from tokens.rules.spending import Holder, next_at

MOST = 10**12
SEQ_DIGITS = 12


class Posting(NamedTuple):
    """A signed amount on an account, which was read in this unit; below 0: a debit, whole tokens."""

    account: Document
    amount: int


class Terms(NamedTuple):
    """What else there is to say of a transaction.

    Attributes:
        note: in words of the payer.
        key: names the intent; at most one transaction has it.
        related: ``{type, id}`` of what it pays for.
        reverses: id of the transaction that it undoes.
        totals: by account id, the holder whose running total the debit counts for, and that total.
    """

    note: str | None = None
    key: str | None = None
    related: Mapping[str, str] | None = None
    reverses: str | None = None
    totals: Mapping[str, tuple[Holder, Mapping[str, Any]]] | None = None


NO_TERMS = Terms()


class Posted(NamedTuple):
    """A transaction, and the balances after it by account id; of system accounts there are none."""

    transaction: Document
    balances: Mapping[str, int]


@unit_of_work()
def post(
    kind: Kind, postings: Sequence[Posting], *, actor: Actor, now: datetime, terms: Terms = NO_TERMS
) -> Posted:
    """Write one transaction, its entries and the new balances, as part of a unit that read the accounts.

    Args:
        kind: what it is.
        postings: two or more, one for each account; their sum is 0.
        actor: by whom.
        now: time of the change; an account's entries never run against it.
        terms: what else there is to say.

    Raises:
        AccountFrozenError, AccountClosedError: an account's state forbids its posting.
        InsufficientBalanceError: a debit would take an account below 0.
        ValueError: the postings are none of a transaction: a defect of the caller.
    """
    require_balanced(postings)
    turns.take(*(each.account["_id"] for each in postings if not is_system(each.account)))
    for each in postings:
        require_possible(each)
    transaction, entries = documents(kind, postings, actor=actor, now=now, terms=terms)
    moved = [each for each in postings if not is_system(each.account)]
    _write_accounts(moved, terms, now=now)
    collection("sbd_transactions").insert(transaction)
    collection("sbd_entries").insert(*entries)
    balances = {each.account["_id"]: each.account["balance"] + each.amount for each in moved}
    return Posted(transaction, balances)


def documents(  # noqa: PLR0913  # a transaction has as many parts
    kind: Kind,
    postings: Sequence[Posting],
    *,
    actor: Actor,
    now: datetime,
    terms: Terms = NO_TERMS,
    transaction_id: str | None = None,
) -> tuple[Document, list[Document]]:
    """Return a transaction and its entries as they are stored; ``transaction_id``: ``None``, a fresh one."""
    transaction = _transaction(kind, postings, actor=actor, now=now, terms=terms)
    if transaction_id is not None:
        transaction["_id"] = transaction_id
    return transaction, [_entry(each, postings, transaction, actor=actor, now=now) for each in postings]


def is_system(account: Document) -> bool:
    """Tell whether everybody posts to an account, so that its document is written by a job only."""
    return bool(account["owner"]["kind"] == OwnerKind.SYSTEM)


def entry_id(account_id: str, seq: int) -> str:
    """Return the id of an account's entry: two of one number cannot be, and ids sort as numbers do."""
    return f"{account_id}:{seq:0{SEQ_DIGITS}}"


def require_balanced(postings: Sequence[Posting]) -> None:
    """Raise ``ValueError`` unless they are a transaction: one for each account, whole, and 0 in all."""
    amounts = [each.amount for each in postings]
    accounts = {each.account["_id"] for each in postings}
    whole = all(type(each) is int and 1 <= abs(each) <= MOST for each in amounts)
    if len(postings) < 2 or len(accounts) != len(postings) or not whole or sum(amounts) != 0:  # noqa: PLR2004  # two
        msg = f"no transaction: {amounts} on {len(accounts)} accounts"
        raise ValueError(msg)


def require_possible(posting: Posting) -> None:
    """Refuse what the state or the balance of an account does not allow.

    Raises:
        AccountFrozenError, AccountClosedError: its state forbids it.
        InsufficientBalanceError: the debit would take it below 0.
    """
    account, amount = posting
    if account["status"] == AccountStatus.CLOSED:
        raise AccountClosedError
    if amount >= 0:
        return
    if account["status"] != AccountStatus.ACTIVE:
        raise AccountFrozenError(account["freeze"])
    if account["_id"] == ISSUANCE_ID:
        return
    balance = system_balances.claim(account) if is_system(account) else account["balance"]
    if balance + amount < 0:
        raise InsufficientBalanceError(-amount, balance=balance)


def _write_accounts(moved: Sequence[Posting], terms: Terms, *, now: datetime) -> None:
    """Write balances, numbers and running totals in one command."""
    changes = []
    for account, amount in moved:
        change: Document = {
            "balance": account["balance"] + amount,
            "seq": account["seq"] + 1,
            "last_at": next_at(account, now),
        }
        filters: list[Document] = []
        if terms.totals and (counted := terms.totals.get(account["_id"])):
            holder, total = counted
            change["holders.$[spender].period"] = total
            filters = [{"spender.user_id": holder["user_id"]}]
        # As it was read: else this would not be the unit that read it.
        as_read = {"_id": account["_id"], "seq": account["seq"], "version": account["version"]}
        changes.append((as_read, {"$set": change}, filters))
    if collection("sbd_accounts").update_each(changes) != len(moved):
        raise ConflictError


def _transaction(
    kind: Kind, postings: Sequence[Posting], *, actor: Actor, now: datetime, terms: Terms
) -> Document:
    return {
        "_id": new_id("txn"),
        "v": 1,
        "kind": str(kind),
        "postings": [{"account": each.account["_id"], "amount": each.amount} for each in postings],
        "actor": actor.id,
        "actor_name": actor.name,
        "note": terms.note,
        "key": terms.key,
        "related": dict(terms.related) if terms.related else None,
        "reverses": terms.reverses,
        "request_id": actor.request_id,
        "at": max(next_at(each.account, now) for each in postings),
    }


def _entry(
    posting: Posting, postings: Sequence[Posting], transaction: Document, *, actor: Actor, now: datetime
) -> Document:
    account, amount = posting
    system = is_system(account)
    seq = account["seq"] + 1
    others = [each.account for each in postings if each.account["_id"] != account["_id"]]
    owners = [each.account["owner"] for each in postings]
    people = {each["id"] for each in owners if each["kind"] == OwnerKind.USER}
    people |= {actor.id} if actor.is_person else set()
    return {
        "_id": f"{account['_id']}:{transaction['_id']}" if system else entry_id(account["_id"], seq),
        "v": 1,
        "account": account["_id"],
        "seq": None if system else seq,
        "kind": transaction["kind"],
        "amount": amount,
        "balance_after": None if system else account["balance"] + amount,
        "transaction": transaction["_id"],
        "username": account["username"],
        "other": {"account": others[0]["_id"], "username": others[0]["username"]},
        "actor": {"user_id": actor.id, "username": actor.name},
        "people": sorted(people),
        "note": transaction["note"],
        "related": transaction["related"],
        "at": next_at(account, now),
    }
