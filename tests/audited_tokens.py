"""People and tokens in the look at audit entries: paying, rights, freezing, notes."""

from collections.abc import Callable
from typing import Any

from families.actions import spending
from families.actions.spending import Recipient, Wanted
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from tests.audited import HOUSE, Row, at
from tests.factories import new_family, new_issuance, new_person
from tests.tokens.deeds import House
from tests.tokens.funds import account_of
from tokens.actions import freezing, notes, paying, rights
from tokens.actions.freezing import Told
from tokens.actions.paying import Payment
from tokens.actions.rights import Rights
from tokens.rules import Kind

PARTS = {
    "granting.grant": "of what decides it: an approval, or an allowance that is due",
    "closing.pay_out": "of dissolving a family, whose entry names the transaction",
    "movers.require": "looks at who is about to pay",
    "standing.require_confirmed": "looks at who is about to pay",
    "telling.tell_of_payment": "of a payment",
    "telling.tell_of_grant": "of what is granted",
}
FIVE, NINE = Payment(Kind.SEND, 5), Rights(can_spend=True, spending_limit=9)
WHY, TOLD = "to look at it", Told("ines")


@unit_of_work()
def _in_one(act: Callable[[], Any]) -> None:
    """Read accounts and act on them in one unit, as these actions want it of their callers."""
    act()


ROWS: dict[str, Row] = {
    "paying.send": Row(
        lambda _: paying.send(HOUSE["poor"].username, FIVE, **at(HOUSE["rich"])), "tokens.paid"
    ),
    "paying.pay": Row(
        lambda _: _in_one(lambda: paying.pay(_house().account, _viewers(), FIVE, **_by())), "tokens.paid"
    ),
    "rights.set_rights": Row(lambda _: _in_one(_set_rights), "rights.changed", again=1),
    "freezing.freeze": Row(
        lambda _: _in_one(lambda: freezing.freeze(_house().account, reason=WHY, told=TOLD, **_by())),
        "account.frozen",
    ),
    "freezing.unfreeze": Row(
        lambda _: _in_one(lambda: freezing.unfreeze(_frozen().account, reason=None, told=TOLD, **_by())),
        "account.unfrozen",
    ),
    "notes.annotate": Row(
        lambda _: notes.annotate(HOUSE["credit"], "for bread", **at(HOUSE["rich"])), "note.changed"
    ),
    "spending.transfer": Row(
        lambda _: spending.transfer(_house().id, Recipient(HOUSE["poor"].id), 5, reason=None, **_by()),
        "tokens.paid",
    ),
    "spending.contribute": Row(
        lambda _: spending.contribute(HOUSE["riches"], 5, note=None, **at(HOUSE["rich"])), "tokens.paid"
    ),
    "spending.freeze": Row(lambda _: spending.freeze(_house().id, reason=WHY, **_by()), "account.frozen"),
    "spending.unfreeze": Row(
        lambda _: spending.unfreeze(_frozen().id, reason=None, **at(_frozen().founder)), "account.unfrozen"
    ),
    "spending.set_permissions": Row(
        lambda _: spending.set_permissions(_house().id, _house().viewer.id, Wanted(*NINE), **_by()),
        "rights.changed",
    ),
}


def house() -> dict[str, Any]:
    """Return a family with tokens, one whose account is frozen, and somebody who has tokens and a family."""
    spending_, kept, rich = House(50), House(), new_person()
    spending.freeze(kept.id, reason=WHY, **at(kept.founder))
    credit = new_issuance(rich)["transaction"]
    riches = new_family(rich)["_id"]
    return {
        "spending": spending_,
        "kept": kept,
        "rich": rich,
        "riches": riches,
        "poor": new_person(),
        "credit": credit,
    }


def _set_rights() -> None:
    viewer = _house().viewer
    rights.set_rights(_house().account, viewer.id, viewer.username, NINE, **_by())


def _house() -> House:
    found: House = HOUSE["spending"]
    return found


def _frozen() -> House:
    found: House = HOUSE["kept"]
    return found


def _viewers() -> Document:
    return account_of(_house().viewer)


def _by() -> dict[str, Any]:
    return at(_house().founder)
