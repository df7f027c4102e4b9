"""Freezing all accounts, or one family's, and opening again exactly those.

The freeze of each account bears marks, ``of``: of everybody, of a family. The opening takes its own mark
away, and opens what bears none any more; what holders had frozen before is theirs again (``before``), and
what staff froze one by one is left alone. What is done in each batch is committed with it, and what is left
is found again: a run that was killed is begun anew, and goes on where it ended.

Invariant: once ``freeze_all`` has left none (``to_freeze``), no account that it covers is debited until
staff opens it, since each was written by it, and a spend that had read it before runs again. An account
that is made after its last look is active and empty, and nobody is left who could pay it; only staff could
issue tokens to it. Close changes first (``ops.read_only``), then none is made.

Source: runbook, security incident; inventory, C17.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from ops import notices
from ops.actors import Actor
from ops.batches import in_batches
from ops.errors import ConflictError
from ops.mongo import turns
from ops.mongo.collections import Document, Filter, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.notices import Notice
from tokens import queries
from tokens.actions import openings
from tokens.actions.freezing import SUPPORT, record
from tokens.errors import AccountNotFoundError
from tokens.rules import AccountStatus, OwnerKind

# Below what a unit does in its 3 s, also beside many who spend.
BATCH = 50
MOST_COUNTED = 1_000_000
EVERYBODY = "all"
# What holders read; the reason of staff stands in the audit log only.
SAID = "A precaution of the support, for many accounts at once."


def mark_of(family_id: str | None) -> str:
    """Return what the freezes of everybody's accounts, or of a family's, are known by."""
    return EVERYBODY if family_id is None else family_id


def to_freeze(family_id: str | None) -> int:
    """Count the accounts that would be frozen.

    Raises:
        AccountNotFoundError: the family has none.
    """
    return _count(_unmarked(family_id))


def to_open(family_id: str | None) -> int:
    """Count the accounts that were frozen with such a mark, and have not been opened since."""
    return _count(_marked(family_id))


def freeze_all(family_id: str | None, *, actor: Actor, now: datetime, reason: str) -> int:
    """Freeze all accounts that staff has not frozen yet, or a family's and its people's; returns how many.

    Of each family the holders are told once, by a notice without a mail; of a personal account nobody is.
    Where time is over, the rest is for the next call: ``to_freeze`` tells.

    Raises:
        AccountNotFoundError: the family has none.
    """
    query = _unmarked(family_id)

    def act(ids: Sequence[str]) -> int:
        return _freeze(ids, mark_of(family_id), actor=actor, now=now, reason=reason)

    return in_batches(lambda: _in_halves(_ids(query), act))


def unfreeze_all(family_id: str | None, *, actor: Actor, now: datetime, reason: str) -> int:
    """Open the accounts that ``freeze_all`` froze, and no others; returns how many.

    The actor's own may be among them: nobody has chosen it.
    """
    query = _marked(family_id)

    def act(ids: Sequence[str]) -> int:
        return _open(ids, mark_of(family_id), actor=actor, now=now, reason=reason)

    return in_batches(lambda: _in_halves(_ids(query), act))


@unit_of_work()
def _freeze(ids: Sequence[str], mark: str, *, actor: Actor, now: datetime, reason: str) -> int:
    who = {"by": actor.id, "by_name": SUPPORT.name, "by_staff": True, "at": now}
    accounts = [each for each in _read(ids) if _is_unmarked(each, mark)]
    _write([(each, _frozen(each, {**who, "reason": SAID}, mark)) for each in accounts], now=now)
    for each in accounts:
        record(actor, "account.frozen", each, AccountStatus.FROZEN, reason, now=now)
    _tell(accounts, "account_frozen", now=now)
    return len(accounts)


@unit_of_work()
def _open(ids: Sequence[str], mark: str, *, actor: Actor, now: datetime, reason: str) -> int:
    accounts = [each for each in _read(ids) if mark in _marks(each)]
    after = [(each, _left(each["freeze"], mark)) for each in accounts]
    _write(after, now=now)
    opened = [each for each, freeze in after if freeze is None]
    for each in opened:
        record(actor, "account.unfrozen", each, AccountStatus.ACTIVE, reason, now=now)
        if queries.family_of(each) is not None:
            openings.follow(each, actor=actor, now=now)
    _tell(opened, "account_unfrozen", now=now)
    return len(accounts)


def _frozen(account: Document, freeze: Document, mark: str) -> Document:
    """Return the freeze of an account with a mark more."""
    there = account["freeze"] or {}
    if there.get("of"):
        return {**there, "of": [*there["of"], mark]}
    return {**freeze, "of": [mark], "before": account["freeze"]}


def _left(freeze: Document, mark: str) -> Document | None:
    """Return the freeze that an account has without a mark; ``None``: none."""
    marks = [each for each in freeze["of"] if each != mark]
    before: Document | None = freeze["before"]
    return {**freeze, "of": marks} if marks else before


def _in_halves(ids: Sequence[str], act: Callable[[Sequence[str]], int]) -> int:
    """Act on all; where others keep winning, on each half: one that many spend of holds up only itself."""
    try:
        return act(ids) if ids else 0
    except ConflictError:
        if len(ids) == 1:
            return 0
        middle = len(ids) // 2
        return _in_halves(ids[:middle], act) + _in_halves(ids[middle:], act)


def _bears_not(mark: str) -> Document:
    """Return the filter of what staff has not frozen with this mark, nor alone: so a holder could open it."""
    frozen = {"status": str(AccountStatus.FROZEN)}
    by_holders = {**frozen, "freeze.by_staff": {"$ne": True}}
    otherwise_marked = {**frozen, "freeze.of": {"$exists": True, "$ne": mark}}
    return {"$or": [{"status": str(AccountStatus.ACTIVE)}, by_holders, otherwise_marked]}


def _unmarked(family_id: str | None) -> Document:
    """Return the filter of what is to be frozen: all but the system's, or a family's and its people's."""
    unmarked = _bears_not(mark_of(family_id))
    if family_id is None:
        return unmarked | {"owner.kind": {"$ne": str(OwnerKind.SYSTEM)}}
    account = collection(queries.ACCOUNTS).find_one(
        {"owner.id": family_id, "owner.kind": str(OwnerKind.FAMILY)}, {"holders.user_id": 1}
    )
    if account is None:
        raise AccountNotFoundError
    owners = [family_id, *(each["user_id"] for each in account["holders"])]
    return unmarked | {"owner.id": {"$in": owners}}


def _marked(family_id: str | None) -> Filter:
    return {"status": str(AccountStatus.FROZEN), "freeze.of": mark_of(family_id)}


def _ids(query: Filter) -> list[str]:
    return [each["_id"] for each in collection(queries.ACCOUNTS).find(query, {"_id": 1}, limit=BATCH)]


def _count(query: Filter) -> int:
    found = collection(queries.ACCOUNTS).aggregate(
        [{"$match": query}, {"$limit": MOST_COUNTED}, {"$count": "number"}]
    )
    return int(found[0]["number"]) if found else 0


def _read(ids: Sequence[str]) -> list[Document]:
    turns.take(*ids)
    return collection(queries.ACCOUNTS).find({"_id": {"$in": list(ids)}}, limit=len(ids))


def _marks(account: Document) -> Sequence[str]:
    """Return the marks of an account's freeze; none, where it was not frozen with others."""
    marks: Sequence[str] = (account["freeze"] or {}).get("of", ())
    return marks


def _is_unmarked(account: Document, mark: str) -> bool:
    """Tell of an account that was read what ``_bears_not`` asks for."""
    if account["status"] == AccountStatus.ACTIVE:
        return True
    if account["status"] != AccountStatus.FROZEN:
        return False
    marks = _marks(account)
    return mark not in marks if marks else not account["freeze"].get("by_staff")


def _write(freezes: Sequence[tuple[Document, Document | None]], *, now: datetime) -> None:
    """Write the freezes of accounts as they were read in this unit: its snapshot lets nobody pass."""
    changes = [
        (
            {"_id": account["_id"]},
            {
                "$set": {
                    "status": str(AccountStatus.FROZEN if freeze else AccountStatus.ACTIVE),
                    "freeze": freeze,
                    "updated_at": now,
                },
                "$inc": {"version": 1},
            },
            (),
        )
        for account, freeze in freezes
    ]
    if changes:
        collection(queries.ACCOUNTS).update_each(changes)


def _tell(accounts: Sequence[Document], kind: str, *, now: datetime) -> None:
    told = [
        Notice(
            [holder["user_id"] for holder in each["holders"]],
            kind,
            {"by": SUPPORT.name, "account": each["username"]},
            queries.family_of(each),
            mail_to=(),
        )
        for each in accounts
        if queries.family_of(each) is not None
    ]
    notices.tell_each(told, now=now)
