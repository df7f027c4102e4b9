"""fix:expire_requests, fix:correct_balance and fix:freeze_all (runbook, sections 8, 13 and 17)."""

from datetime import datetime

from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines, Option
from ops.doctor.fixes.noting import note
from tokens import queries, request_queries
from tokens.actions import correcting, freezing_all, request_ends
from tokens.actions.checking import LedgerUnreadableError
from tokens.errors import AccountNotFoundError

EXPIRE, CORRECT, ACCOUNT = "expire_requests", "correct_balance", "account"
FREEZE, FAMILY, UNDO = "freeze_all", "family", "undo"


def plan_expiry(_given: Given, now: datetime) -> Lines:
    """Count what is to be marked."""
    overdue = request_queries.overdue_count(now)
    return (f"mark as expired: {overdue}",) if overdue else ()


def expire(_given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Mark them, as the job does, with an audit entry for each."""
    expired = request_ends.expire_overdue(actor=actor, now=now)
    if not expired:
        return ()
    note(EXPIRE, {"expired": expired}, actor=actor, reason=reason, now=now)
    return (f"marked as expired: {expired}",)


def plan_correction(given: Given, _now: datetime) -> Lines:
    """Say how the balance is off."""
    try:
        drift = correcting.drift_of(_account_id(given))
    except LedgerUnreadableError as error:
        raise CannotMendError("The ledger cannot be read.") from error
    if drift is None:
        return ()
    amount = abs(drift.stored - drift.posted)
    return (
        f"correct {drift.username} from {drift.stored:,} to {drift.posted:,}, which its entries come to",
        f"post an issuance of {amount:,} and its reversal, which together come to nothing",
    )


def correct(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Post the pair; needs a reason."""
    if reason is None:
        raise CannotMendError("A balance is corrected for a reason only.")
    try:
        done = correcting.correct(_account_id(given), actor=actor, now=now, reason=reason)
    except LedgerUnreadableError as error:
        raise CannotMendError("The ledger cannot be read.") from error
    if done is None:
        return ()
    drift, (given_by, taken_by) = done
    return (
        f"corrected {drift.username} from {drift.stored:,} to {drift.posted:,}",
        f"by the transactions {given_by} and {taken_by}",
        "`manage.py verify_ledger` looks anew, and doctor goes by what it finds",
    )


def plan_freeze(given: Given, _now: datetime) -> Lines:
    """Count the accounts that would be frozen, or opened."""
    family_id = given.get(FAMILY)
    if given.get(UNDO):
        number = freezing_all.to_open(family_id)
        return (f"open accounts that this froze: {number:,}",) if number else ()
    number = freezing_all.to_freeze(family_id)
    return (f"freeze accounts: {number:,}",) if number else ()


def freeze(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Freeze all, or open what was frozen so; needs a reason."""
    if reason is None:
        raise CannotMendError("Accounts are frozen, and opened, for a reason only.")
    family_id, opens = given.get(FAMILY), bool(given.get(UNDO))
    act, rest = (
        (freezing_all.unfreeze_all, freezing_all.to_open)
        if opens
        else (freezing_all.freeze_all, freezing_all.to_freeze)
    )
    done = act(family_id, actor=actor, now=now, reason=reason)
    left, did = rest(family_id), "opened" if opens else "frozen"
    if done:
        note(FREEZE, {did: done}, actor=actor, reason=reason, now=now)
    lines = (f"{did}: {done:,}",) if done else ()
    return (*lines, f"left: {left:,}; do it again, it goes on from here") if left else lines


def _account_id(given: Given) -> str:
    """Return the id of an account that is called by it, or by its name."""
    called = given[ACCOUNT]
    found = queries.account_by_id(called) or queries.account_by_name(called)
    if found is None:
        raise AccountNotFoundError
    return str(found["_id"])


EXPIRE_REQUESTS = Fix(
    EXPIRE,
    8,
    "Mark requests for tokens and for purchases that nobody decided on in time",
    "Their requesters are told; nobody can decide on these requests, marked or not.",
    plan_expiry,
    expire,
    mends=("requests",),
)
CORRECT_BALANCE = Fix(
    CORRECT,
    13,
    "Make an account's balance what its postings say, by two transactions that come to nothing",
    "People see another balance than a moment ago; find out first who changed it, and how.",
    plan_correction,
    correct,
    options=(Option(ACCOUNT, "id or name of the account", required=True),),
    mends=("ledger",),
    needs_reason=True,
    permission="tokens.reverse_transaction",
)
FREEZE_ALL = Fix(
    FREEZE,
    17,
    "Freeze all accounts, or a family's and those of its people",
    "Nobody pays anybody, and no allowance is paid, until they are opened again with --undo yes.",
    plan_freeze,
    freeze,
    options=(
        Option(FAMILY, "id of a family: only its account, and those of its people"),
        Option(UNDO, "`yes`: open the accounts that this froze, and no others"),
    ),
    needs_reason=True,
    permission="ops.respond_security",
)
