"""Paying out of a family's account what has been decided for the account as a whole, by whoever may.

The unit that decides it calls this: an admin approves, a threshold of the family is kept, a period of an
allowance is due. So nobody's own spending right is asked, and that unit's audit entry names the transaction.
Source: HTTP contract, sections 9, 15 (allowances) and 18 (rules 3 and 6).
"""

from datetime import datetime

from ops import idempotency
from ops.actors import Actor
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import telling
from tokens.actions.paying import Paid, Payment
from tokens.ledger.posting import Posting, Terms, post
from tokens.rules import spending
from tokens.rules.refusals import refused


@unit_of_work()
def grant(account: Document, recipient: Document, payment: Payment, *, actor: Actor, now: datetime) -> Paid:
    """Pay somebody of an account, as part of a unit that read both; a freeze and the balance hold.

    The account's people are told of it as of any spend; whoever gets it, by the unit that decided.

    Args:
        account: the payer, as read in this unit.
        recipient: whom it is paid to, as read in this unit.
        payment: how much, and ``related``: what was decided, which keeps it from being paid twice.
        actor: who decided.
        now: time of the payment.

    Raises:
        AccountFrozenError, AccountClosedError, InsufficientBalanceError: it cannot be paid now.
    """
    decision = spending.decide_grant(account, payment.amount)
    if decision.refusal is not None:
        raise refused(account, decision)
    terms = Terms(note=payment.note, key=idempotency.current(), related=payment.related)
    postings = [Posting(account, -payment.amount), Posting(recipient, payment.amount)]
    posted = post(payment.kind, postings, actor=actor, now=now, terms=terms)
    paid = Paid(posted.transaction, account, recipient, reached_limit=False)
    telling.tell_of_grant(paid, actor=actor, now=now)
    return paid
