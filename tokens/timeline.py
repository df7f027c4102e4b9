"""What the ledger tells of transactions, accounts and people; for ``manage.py timeline``."""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.mongo.collections import Document, collection
from ops.timeline import Moment, register

TRANSACTIONS, ENTRIES = "sbd_transactions", "sbd_entries"


def enter() -> None:
    """Enter the sources."""
    register(("txn",), lambda transaction_id, _: _transactions({"_id": transaction_id}, 1))
    register(("user",), lambda actor, most: _transactions({"actor": actor}, most))
    register(("acc",), of_account)


def of_account(account_id: str, most: int) -> Iterator[Moment]:
    """Yield the entries of an account."""
    fields = {"kind": 1, "amount": 1, "balance_after": 1, "transaction": 1, "actor": 1, "note": 1, "at": 1}
    order = [("at", -1), ("_id", -1)]
    for entry in collection(ENTRIES).find({"account": account_id}, fields, sort=order, limit=most):
        facts = {"amount": entry["amount"], "balance_after": entry["balance_after"], "account": account_id}
        who = entry["actor"].get("id")
        note = _note(entry)
        yield Moment(
            entry["at"], ENTRIES, entry["kind"], entry["transaction"], who, facts=facts, private=note
        )


def _transactions(query: Mapping[str, Any], most: int) -> Iterator[Moment]:
    order = [] if "_id" in query else [("at", -1)]
    for each in collection(TRANSACTIONS).find(query, sort=order, limit=most):
        facts = {posting["account"]: posting["amount"] for posting in each["postings"]}
        if each.get("reverses"):
            facts["reverses"] = each["reverses"]
        told = each["actor"], each["request_id"], facts, _note(each)
        yield Moment(each["at"], TRANSACTIONS, each["kind"], each["_id"], *told)


def _note(document: Document) -> dict[str, str]:
    return {"note": document["note"]} if document.get("note") else {}
