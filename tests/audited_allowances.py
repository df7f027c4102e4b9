"""Allowances in the look at audit entries."""

from datetime import timedelta
from typing import Any

from families.actions import allowances, paying_allowances
from families.actions.allowances import Draft
from ops import clock
from tests.audited import HOUSE, WHY, Row, at, by_staff
from tests.tokens.deeds import House
from tokens.rules.allowances import Frequency

ROWS: dict[str, Row] = {
    "allowances.create": Row(
        lambda _: allowances.create(_house().id, _draft(), **at(_house().founder)),
        "allowance.created",
        again=1,
    ),
    "allowances.change": Row(
        lambda _: allowances.change(_house().id, _id(), {"amount": 6}, **at(_house().founder)),
        "allowance.changed",
    ),
    "allowances.stop": Row(
        lambda _: allowances.stop(_house().id, _id(), **at(_house().founder)), "allowance.stopped"
    ),
    "allowances.stop_by_staff": Row(
        lambda _: allowances.stop_by_staff(_id(), **by_staff(), reason=WHY), "allowance.stopped"
    ),
    "allowances.stop_one": Row(
        lambda _: allowances.stop_one(HOUSE["allowance"], **by_staff()), "allowance.stopped", again=1
    ),
    "paying_allowances.settle": Row(
        lambda _: paying_allowances.settle(_id(), **by_staff()), "allowance.paid"
    ),
    "paying_allowances.pay_due": Row(lambda _: paying_allowances.pay_due(**by_staff()), "allowance.paid"),
}


def house() -> dict[str, Any]:
    """Return a family with tokens and an allowance, of which one period is due and none is over."""
    made, ago = House(50), clock.now() - timedelta(days=40)
    draft = Draft(made.viewer.id, 5, Frequency.MONTHLY)
    allowance = allowances.create(made.id, draft, actor=made.founder.actor, now=ago)
    return {"granting": made, "allowance": allowance}


def _house() -> House:
    found: House = HOUSE["granting"]
    return found


def _id() -> str:
    return str(HOUSE["allowance"]["_id"])


def _draft() -> Draft:
    return Draft(_house().viewer.id, 5, Frequency.WEEKLY)
