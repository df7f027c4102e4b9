"""Undoing a transaction: by staff, with a reason, by a new transaction that names it.

The transaction stays as it is. A reversal moves the same tokens back, from whoever has them now; it does not
give a period's total back. Source: HTTP contract, section 8 (issued and reversed); design, section 5.
"""

from datetime import datetime

from ops import audit
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens import queries
from tokens.errors import AlreadyReversedError, TransactionNotFoundError
from tokens.ledger.posting import Posted, Posting, Terms, post
from tokens.rules import Kind
from tokens.rules.issuing import is_own


@unit_of_work()
def reverse(transaction_id: str, *, actor: Actor, now: datetime, reason: str) -> Posted:
    """Undo a transaction, once.

    Raises:
        TransactionNotFoundError: there is none.
        AlreadyReversedError: it was undone, or is itself a reversal.
        InsufficientPermissionsError: an account of it is the actor's own.
        AccountFrozenError, AccountClosedError, InsufficientBalanceError: whoever got the tokens cannot give
            them back now.
    """
    transaction = collection("sbd_transactions").find_one({"_id": transaction_id})
    if transaction is None:
        raise TransactionNotFoundError
    earlier = collection("sbd_transactions").find_one({"reverses": transaction_id}, {"_id": 1})
    if earlier is not None or transaction["reverses"] is not None:
        raise AlreadyReversedError(transaction_id=earlier["_id"] if earlier else transaction_id)
    accounts = queries.accounts_by_id([each["account"] for each in transaction["postings"]])
    if any(is_own(each, actor.id) for each in accounts.values()):
        raise InsufficientPermissionsError(required="another member of staff: an account of it is your own")
    postings = [Posting(accounts[each["account"]], -each["amount"]) for each in transaction["postings"]]
    terms = Terms(related={"type": "transaction", "id": transaction_id}, reverses=transaction_id)
    posted = post(Kind.REVERSAL, postings, actor=actor, now=now, terms=terms)
    _record(actor, transaction, posted, accounts, now=now, reason=reason)
    return posted


def _record(  # noqa: PLR0913  # what undid what
    actor: Actor,
    transaction: Document,
    posted: Posted,
    accounts: dict[str, Document],
    *,
    now: datetime,
    reason: str,
) -> None:
    families = [family for each in accounts.values() if (family := queries.family_of(each))]
    audit.record(
        actor,
        "transaction.reversed",
        target=transaction["_id"],
        family_id=families[0] if families else None,
        now=now,
        after={"reversal": posted.transaction["_id"], "postings": posted.transaction["postings"]},
        reason=reason,
    )
