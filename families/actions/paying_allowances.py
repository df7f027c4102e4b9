"""Paying allowances: what the job does each minute.

Each period of each schedule is paid or missed, and that exactly once, however often the job runs, how late,
or twice at once. One unit reads schedule, family and accounts, writes what became of the period (whose
schedule and name are unique), moves the schedule on to the next one, and pays. It writes the schedule, as
whoever changes or stops it does, and the account, as whoever freezes it, leaves or dissolves the family does.

A frozen account or too few tokens are tried again with each run, until the period ends; then it is missed.
So is, at once, one whose recipient cannot sign in. If the job did not run for long, what has ended meanwhile
is missed, one by one, and only what still lasts is paid: nobody expects weeks of allowances at once, and the
admins are told of each, so that they can send what they still want to.

Source: HTTP contract, sections 15 (allowances), 17 (allowance period) and 18 (rules 2, 3 and 6).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from families import queries
from families.actions import allowances
from ops import audit, notices
from ops.actors import Actor
from ops.batches import in_batches
from ops.errors import ConflictError, DatabaseUnavailableError, ServiceUnavailableError
from ops.ids import new_id
from ops.logs import logger
from ops.mongo import faults
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.notices import Notice
from tokens import queries as accounts
from tokens.actions import granting
from tokens.actions.paying import Payment
from tokens.rules import Kind, spending
from tokens.rules import allowances as rules
from tokens.rules.allowances import Obstacle, PaymentStatus, Period, Verdict
from tokens.rules.spending import Question

PAYMENTS = "allowance_payments"
BATCH = 20
# What is tried again waits for the next run, whose time is another.
MOMENT = timedelta(milliseconds=1)
# As people read it in a notice: "the allowance spent 5 SBD".
SHOWN = "the allowance"
WHY: Mapping[Obstacle, str] = {
    Obstacle.FROZEN: "the account was frozen",
    Obstacle.SHORT: "there were too few tokens",
    Obstacle.DISABLED: "the recipient cannot sign in",
    Obstacle.LATE: "it was not paid in time",
}
log = logger(__name__)


class _Case(NamedTuple):
    """A schedule whose period has begun, its family and the accounts, as they were read in this unit."""

    allowance: Document
    period: Period
    family: Document
    payer: Document
    recipient: Document


def pay_due(*, actor: Actor, now: datetime) -> int:
    """Pay what is due, in batches; returns how often a schedule was looked at.

    One after the other, those first that nobody has looked at for longest: so none that cannot be paid keeps
    the others waiting.
    """
    return in_batches(partial(_look_at_some, actor=actor, now=now))


def _look_at_some(*, actor: Actor, now: datetime) -> int:
    due = {"status": allowances.ACTIVE, "look_at": {"$lte": now}}
    found = collection(allowances.ALLOWANCES).find(due, {"_id": 1}, sort=[("look_at", 1)], limit=BATCH)
    for each in found:
        _look_at(each["_id"], actor=actor, now=now)
    return len(found)


def _look_at(allowance_id: str, *, actor: Actor, now: datetime) -> None:
    try:
        settle(allowance_id, actor=actor, now=now)
    except (ConflictError, DatabaseUnavailableError, ServiceUnavailableError):
        raise  # others are at it, or nobody can be at anything: the next run goes on
    except Exception as error:
        if faults.is_unavailable(error):
            raise
        log.exception("allowance cannot be paid", allowance=allowance_id)
        _put_off(allowance_id, now=now)


@unit_of_work()
def settle(allowance_id: str, *, actor: Actor, now: datetime) -> Verdict:
    """Pay the period of a schedule that is due, miss it, or leave it to the next run; returns which.

    Whoever is no member any more gets nothing: the schedule stops.
    """
    due = {"_id": allowance_id, "status": allowances.ACTIVE, "look_at": {"$lte": now}}
    allowance = collection(allowances.ALLOWANCES).find_one(due)
    if allowance is None:  # another run was quicker, or somebody who stopped it
        return Verdict.NOTHING
    family = queries.active_family(allowance["family_id"])
    if family is None or queries.membership(family, allowance["recipient_id"]) is None:
        allowances.stop_one(allowance, actor=actor, now=now)
        return Verdict.NOTHING
    case = _case(allowance, family)
    obstacle = _obstacle(case)
    verdict = rules.verdict(case.period, obstacle, now)
    if verdict == Verdict.PAY:
        _pay(case, actor=actor, now=now)
    elif verdict == Verdict.MISS:
        met = obstacle if now < case.period.ends_at else allowance["obstacle"]
        _miss(case, Obstacle(met or Obstacle.LATE), actor=actor, now=now)
    elif verdict == Verdict.TRY_AGAIN:
        _put_off(allowance_id, now=now, obstacle=obstacle)
    return verdict


def _case(allowance: Document, family: Document) -> _Case:
    payer = accounts.account_by_id(family["account_id"])
    recipient = accounts.account_of_person(allowance["recipient_id"])
    if payer is None or recipient is None:
        msg = f"{allowance['_id']}: there is no account to pay from, or none to pay to"
        raise LookupError(msg)
    period = Period(
        date.fromisoformat(allowance["next_on"]),
        allowance["next_period"],
        allowance["next_at"],
        allowance["next_ends_at"],
    )
    return _Case(allowance, period, family, payer, recipient)


def _obstacle(case: _Case) -> Obstacle | None:
    """Return what keeps the period from being paid now; ``None``: nothing."""
    if not case.recipient["owner"]["active"]:
        return Obstacle.DISABLED
    refusal = spending.decide_grant(case.payer, case.allowance["amount"]).refusal
    if refusal is None:
        return None
    return Obstacle.SHORT if refusal.question == Question.BALANCE else Obstacle.FROZEN


def _pay(case: _Case, *, actor: Actor, now: datetime) -> None:
    payment_id, allowance = new_id("alp"), case.allowance
    related = {"type": "allowance", "id": payment_id}
    payment = Payment(Kind.ALLOWANCE, allowance["amount"], related=related)
    payer = replace(actor, name=SHOWN)
    transaction = granting.grant(case.payer, case.recipient, payment, actor=payer, now=now).transaction
    what = {"status": str(PaymentStatus.PAID), "transaction": transaction["_id"], "obstacle": None}
    _move_on(case, payment_id, what, now=now)
    data = _told(case) | {"transaction_id": transaction["_id"]}
    recipient = [allowance["recipient_id"]]
    notices.tell_each([Notice(recipient, "allowance_paid", data, case.family["_id"])], now=now)
    _record(actor, "allowance.paid", case, what, now=now)


def _miss(case: _Case, obstacle: Obstacle, *, actor: Actor, now: datetime) -> None:
    what = {"status": str(PaymentStatus.MISSED), "transaction": None, "obstacle": str(obstacle)}
    _move_on(case, new_id("alp"), what, now=now)
    concerned = [case.allowance["recipient_id"], *case.family["admin_user_ids"]]
    data = _told(case) | {"why": WHY[obstacle]}
    notices.tell_each([Notice(concerned, "allowance_missed", data, case.family["_id"])], now=now)
    _record(actor, "allowance.missed", case, what, now=now)


def _move_on(case: _Case, payment_id: str, what: Document, *, now: datetime) -> None:
    """Write what became of the period, and let the schedule go on with the next."""
    allowance, period = case.allowance, case.period
    same = {name: allowance[name] for name in ("family_id", "recipient_id", "amount")}
    collection(PAYMENTS).insert(
        {
            "_id": payment_id,
            "v": 1,
            "allowance_id": allowance["_id"],
            "period": period.key,
            **same,
            **what,
            "begins_at": period.begins_at,
            "ends_at": period.ends_at,
            "at": now,
        }
    )
    following = rules.following(allowances.rhythm_of(allowance), period, allowances.zone_of(case.family))
    moved = {**allowances.moments(following), "settled_on": period.on.isoformat()}
    if what["transaction"]:
        moved["last_paid_at"] = now
    collection(allowances.ALLOWANCES).update({"_id": allowance["_id"]}, {"$set": moved})


def _put_off(allowance_id: str, *, now: datetime, obstacle: Obstacle | None = None) -> None:
    """Leave a schedule to the next run."""
    due = {"_id": allowance_id, "status": allowances.ACTIVE, "look_at": {"$lte": now}}
    change = {"look_at": now + MOMENT} | ({} if obstacle is None else {"obstacle": str(obstacle)})
    collection(allowances.ALLOWANCES).update(due, {"$set": change})


def _told(case: _Case) -> dict[str, str]:
    return {
        "who": case.recipient["username"],
        "user_id": case.allowance["recipient_id"],
        "amount": f"{case.allowance['amount']:,}",
        "family_name": case.family["name"],
        "period": case.period.key,
        "allowance_id": case.allowance["_id"],
    }


def _record(actor: Actor, action: str, case: _Case, what: Document, *, now: datetime) -> None:
    audit.record(
        actor,
        action,
        target=case.allowance["_id"],
        family_id=case.family["_id"],
        now=now,
        after={"period": case.period.key, "amount": case.allowance["amount"], **what},
    )
