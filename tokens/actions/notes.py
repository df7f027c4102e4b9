"""Notes of transactions: each party has a copy of its own, and may write something else there.

The transaction keeps the note that it was posted with. Source: HTTP contract, section 8.
"""

from datetime import datetime

from ops import audit
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries
from tokens.errors import TransactionNotFoundError


@unit_of_work()
def annotate(transaction_id: str, note: str, *, actor: Actor, now: datetime) -> Document:
    """Write the note of a transaction into the statement of the actor's own account; returns the entry.

    Raises:
        AccountNotFoundError: the actor has no account.
        TransactionNotFoundError: no such transaction, or the actor's account has no part in it.
    """
    account = queries.personal_account(actor)
    entry = queries.entry_of(transaction_id, account["_id"])
    if entry is None:
        raise TransactionNotFoundError
    if entry["note"] == note:
        return entry
    collection(queries.ENTRIES).update({"_id": entry["_id"]}, {"$set": {"note": note}})
    audit.record(
        actor,
        "note.changed",
        target=transaction_id,
        now=now,
        after={"account": account["_id"]},
        private={"before": entry["note"], "after": note},
    )
    return {**entry, "note": note}
