"""Paying: tokens move from an account to another, by somebody who may spend them.

One unit of work: what the payer may is decided on the account as it was read, and the account is written as
it was read, or not at all. So a freeze, a right taken away or another spend cannot pass a payment.

Source: HTTP contract, sections 8, 1.3 (repeated calls) and 18 (rules 1 to 5); design, section 5.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ops import audit, idempotency
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import require_fresh
from tokens import queries
from tokens.actions import movers, telling
from tokens.errors import RepeatedPaymentError, SelfTransferError
from tokens.ledger.posting import Posting, Terms, post
from tokens.rules import Kind, spending
from tokens.rules.refusals import refused
from tokens.rules.spending import Question

# Within so long the same payment is taken for a double click, unless a key says that it is meant.
DOUBLE_CLICK = timedelta(seconds=10)


class Payment(NamedTuple):
    """What is paid, and what for; ``related``: ``{type, id}``."""

    kind: Kind
    amount: int
    note: str | None = None
    related: Mapping[str, str] | None = None


class Paid(NamedTuple):
    """A payment that was made; both accounts as they were before it.

    ``reached_limit``: the payer's running total is used up with it.
    """

    transaction: Document
    payer: Document
    recipient: Document
    reached_limit: bool

    @property
    def amount(self) -> int:
        """How many tokens."""
        return int(self.transaction["postings"][1]["amount"])

    @property
    def payer_balance(self) -> int:
        """What the payer has left."""
        return int(self.payer["balance"]) - self.amount

    @property
    def recipient_balance(self) -> int:
        """What the recipient has now."""
        return int(self.recipient["balance"]) + self.amount


@unit_of_work()
def send(
    to_username: str,
    payment: Payment,
    *,
    actor: Actor,
    now: datetime,
    from_username: str | None = None,
) -> Paid:
    """Send tokens of the actor's own account, or of one that they may spend from.

    Args:
        to_username: name of the recipient's account: a person's, or a family's that the actor holds.
        payment: how much, with which note.
        actor: who sends.
        now: time of the payment.
        from_username: name of the payer's account; ``None``: the actor's own.

    Raises:
        EmailNotConfirmedError: the actor's address is to be confirmed first.
        AccountNotFoundError: no such account to pay from, or none that the actor holds.
        RecipientNotFoundError: no such recipient, or none that the actor may know of.
        And as ``pay``.
    """
    movers.require(actor)
    payer, recipient = queries.payer_and_recipient(actor, to_username, from_username=from_username)
    return pay(payer, recipient, payment, actor=actor, now=now)


@unit_of_work()
def pay(payer: Document, recipient: Document, payment: Payment, *, actor: Actor, now: datetime) -> Paid:
    """Pay somebody, as part of a unit that read both accounts and has shown that the actor may know them.

    Raises:
        SelfTransferError: both are one account.
        FreshTwoFactorRequiredError: it is a large send or transfer, and the actor has a second factor and has
            not shown it just now.
        AccountFrozenError, NoSpendingPermissionError, SpendingLimitExceededError, InsufficientBalanceError:
            the actor may not spend so much now; the details tell all reasons.
        RepeatedPaymentError: the same payment was made seconds ago, and no key says that this is another.
        ValueError: the amount is none, which is a defect of the caller; below 0 it would take, not pay.
    """
    if payment.amount < 1:
        msg = f"no payment: {payment.amount}"
        raise ValueError(msg)
    if payer["_id"] == recipient["_id"]:
        raise SelfTransferError
    decision = spending.decide(payer, actor.user_id, payment.amount, now)
    if decision.passes(Question.PERMISSION) and _is_large(payment, payer):
        require_fresh(actor)
    if decision.refusal is not None:
        raise refused(payer, decision)
    key = idempotency.current()
    if key is None:
        _require_first(recipient, payment, actor=actor, now=now)
    return _paid(payer, recipient, payment, key=key, actor=actor, now=now)


def _is_large(payment: Payment, payer: Document) -> bool:
    """Tell whether it goes to somebody else, and is as much as the payer's account takes for much."""
    to_another = payment.kind in {Kind.SEND, Kind.TRANSFER}
    return to_another and payment.amount >= int(payer["large_transaction_threshold"])


def _paid(  # noqa: PLR0913  # who pays whom what
    payer: Document, recipient: Document, payment: Payment, *, key: str | None, actor: Actor, now: datetime
) -> Paid:
    holder = spending.holder_of(payer, actor.user_id)
    moment = spending.next_at(payer, now)
    total = spending.after_spend(holder, payment.amount, moment) if holder else None
    terms = Terms(
        note=payment.note,
        key=key,
        related=payment.related,
        totals={payer["_id"]: (holder, total)} if holder and total else None,
    )
    postings = [Posting(payer, -payment.amount), Posting(recipient, payment.amount)]
    posted = post(payment.kind, postings, actor=actor, now=now, terms=terms)
    left = spending.remaining(holder, moment) if holder else None
    paid = Paid(posted.transaction, payer, recipient, reached_limit=left == payment.amount)
    telling.tell_of_payment(paid, actor=actor, now=now)
    audit.record(
        actor,
        "tokens.paid",
        target=posted.transaction["_id"],
        family_id=queries.family_of(payer) or queries.family_of(recipient),
        now=now,
        after={
            "kind": str(payment.kind),
            "payer": payer["_id"],
            "recipient": recipient["_id"],
            "amount": payment.amount,
        },
        private={"note": payment.note} if payment.note else None,
    )
    return paid


def _require_first(recipient: Document, payment: Payment, *, actor: Actor, now: datetime) -> None:
    """Refuse what looks like a double click.

    Read in the unit that writes the payer's account: of two equal calls the second sees what the first wrote.
    """
    same = {"$elemMatch": {"account": recipient["_id"], "amount": payment.amount}}
    lately = {"actor": actor.id, "at": {"$gt": now - DOUBLE_CLICK}, "postings": same}
    found = collection("sbd_transactions").find_one(lately, {"_id": 1})
    if found is not None:
        raise RepeatedPaymentError(transaction_id=found["_id"])
