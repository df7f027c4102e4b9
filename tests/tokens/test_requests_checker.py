"""The checker of the ledger sees what is paid and not said, said and not paid, or paid otherwise."""

from typing import Any

import pytest

from ops.mongo.collections import collection
from tests.families.asking import asked, asked_to_buy, decide, request_of, review
from tests.tokens import ledger_checker
from tests.tokens.deeds import House


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("paid", {"status": "pending"}),
        ("paid", {"status": "denied", "transaction": None}),
        ("paid", {"transaction": None}),
        ("paid", {"transaction": "txn_nothing"}),
        ("paid", {"amount": 6}),
        ("paid", {"account": "acc_nothing"}),
        ("bought", {"status": "cancelled"}),
        ("bought", {"amount": 4}),
        ("waiting", {"status": "approved"}),
        ("waiting", {"status": "auto_approved", "transaction": "txn_nothing"}),
        ("waiting", {"transaction": "txn_nothing"}),
    ],
)
def test_a_request_and_its_payment_agree(name: str, change: dict[str, Any]) -> None:
    house = House(50)
    made = {"paid": asked(house.viewer, house), "waiting": asked(house.viewer, house)}
    made["bought"] = asked_to_buy(house.viewer, house)
    review(house.admin, house, made["paid"])
    decide(house.admin, house, made["bought"])
    assert ledger_checker.faults() == []

    stored = "purchase_requests" if name == "bought" else "token_requests"
    collection(stored).update({"_id": made[name]}, {"$set": change})

    assert ledger_checker.faults() != []


def test_a_payment_without_its_request_is_seen() -> None:
    house = House(50)
    request_id = asked(house.viewer, house)
    review(house.admin, house, request_id)
    transaction = request_of(request_id)["transaction"]

    collection("token_requests").delete({"_id": request_id})
    without = ledger_checker.faults()
    collection("sbd_transactions").update({"_id": transaction}, {"$set": {"related": None}})

    assert without != []
    assert f"{transaction}: pays what nobody asked for" in ledger_checker.faults()
