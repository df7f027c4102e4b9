"""Correcting a stored balance that is not what its postings say: by a pair of transactions, never by hand.

The postings are the truth. Tokens are issued to the account and taken back by a reversal, as many as the
balance is off; the first of the two goes on from the sum of the entries, not from what was stored. So the
account ends with that sum, no token comes into being, and its statement tells what was done. Nothing is spent
by that, so a freeze does not stop it, nor that the account is closed.
Source: docs/decisions/0014-correcting-a-balance.md.
"""

from datetime import datetime
from typing import NamedTuple

from ops import audit
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries
from tokens.actions import checking
from tokens.errors import AccountNotFoundError, BalanceInDoubtError, InsufficientBalanceError
from tokens.ledger.chains import CORRECTION
from tokens.ledger.invariants import Invariant
from tokens.ledger.posting import MOST, Posting, Terms, is_system, post
from tokens.models.system import ISSUANCE_ID
from tokens.rules import AccountStatus, Kind
from tokens.rules.issuing import is_own

# Where one of these is broken, the sum of the entries says nothing, either.
DOUBTFUL = frozenset(
    {Invariant.POSTINGS, Invariant.AGREEMENT, Invariant.NUMBERS, Invariant.ACCOUNT, Invariant.SHAPE}
)


class Drift(NamedTuple):
    """How a stored balance differs from the sum of the account's entries.

    Attributes:
        username: the account's name.
        stored: what the account says.
        posted: what its entries come to, which is right.
    """

    username: str
    stored: int
    posted: int


class Corrected(NamedTuple):
    """What was corrected, and the ids of the two transactions, in their order."""

    drift: Drift
    transactions: tuple[str, str]


def drift_of(account_id: str) -> Drift | None:
    """Return how the stored balance is off; ``None``: it is what its postings say. Reads all of the account.

    Raises:
        AccountNotFoundError: no such account.
        BalanceInDoubtError: its entries are broken, too; it is the system's own; or it is off by more than
            one transaction can move.
        InsufficientBalanceError: its entries come to less than nothing.
        LedgerUnreadableError, DatabaseUnavailableError: the database cannot be asked.
    """
    _require_peoples(_account(account_id))
    progress = checking.check(checking.Scope(account_id), tell=lambda _progress: None)
    if doubtful := sorted(str(each) for each in DOUBTFUL if str(each) in progress.findings.broken):
        raise BalanceInDoubtError(f"Its entries are broken as well: {', '.join(doubtful)}.")
    return _drift(_account(account_id))


def correct(account_id: str, *, actor: Actor, now: datetime, reason: str) -> Corrected | None:
    """Make an account's balance what its postings say; ``None``: it is so already, and nothing is written.

    Raises:
        InsufficientPermissionsError: the account is the actor's own.
        Besides as ``drift_of``.
    """
    if drift_of(account_id) is None:
        return None
    return _correct(account_id, actor=actor, now=now, reason=reason)


@unit_of_work()
def _correct(account_id: str, *, actor: Actor, now: datetime, reason: str) -> Corrected | None:
    """Look again, now that nobody can write the account in between, and post the pair."""
    account = _account(account_id)
    if is_own(account, actor.id):
        raise InsufficientPermissionsError(required="another member of staff: the account is your own")
    drift = _drift(account)
    if drift is None:
        return None
    amount = abs(drift.stored - drift.posted)
    system = queries.accounts_by_id([ISSUANCE_ID])[ISSUANCE_ID]
    note = f"Correction: {drift.stored:,} stood on the account, its entries come to {drift.posted:,}."
    terms = Terms(note=note, related={"type": CORRECTION, "id": account_id})
    as_posted = _open(account) | {"balance": drift.posted}
    given = post(
        Kind.ISSUANCE,
        [Posting(system, -amount), Posting(as_posted, amount)],
        actor=actor,
        now=now,
        terms=terms,
    )
    taken = post(
        Kind.REVERSAL,
        [Posting(system, amount), Posting(_open(_account(account_id)), -amount)],
        actor=actor,
        now=now,
        terms=terms._replace(reverses=given.transaction["_id"]),
    )
    corrected = Corrected(drift, (given.transaction["_id"], taken.transaction["_id"]))
    _record(actor, account, corrected, now=now, reason=reason)
    return corrected


def _account(account_id: str) -> Document:
    account = queries.account_by_id(account_id)
    if account is None:
        raise AccountNotFoundError
    return account


def _open(account: Document) -> Document:
    """Return an account as one that may be posted to; its own state stays what it is."""
    return account | {"status": str(AccountStatus.ACTIVE)}


def _require_peoples(account: Document) -> None:
    if is_system(account):
        raise BalanceInDoubtError("It is the system's own: a job adds its balance up from its entries.")


def _drift(account: Document) -> Drift | None:
    """Compare an account as it was read with its entries up to then."""
    added = collection("sbd_entries").aggregate(
        [
            {"$match": {"account": account["_id"], "seq": {"$lte": account["seq"]}}},
            {"$limit": max(1, account["seq"])},
            {"$group": {"_id": None, "sum": {"$sum": "$amount"}}},
        ]
    )
    drift = Drift(account["username"], account["balance"], int(added[0]["sum"]) if added else 0)
    off = abs(drift.stored - drift.posted)
    if off > MOST:
        raise BalanceInDoubtError(f"It is off by {off:,}, more than a transaction can move.")
    if drift.posted < 0:
        raise InsufficientBalanceError(off, balance=drift.posted)
    return drift if off else None


def _record(actor: Actor, account: Document, corrected: Corrected, *, now: datetime, reason: str) -> None:
    audit.record(
        actor,
        "balance.corrected",
        target=account["_id"],
        family_id=queries.family_of(account),
        now=now,
        before={"balance": corrected.drift.stored},
        after={"balance": corrected.drift.posted, "transactions": list(corrected.transactions)},
        reason=reason,
    )
