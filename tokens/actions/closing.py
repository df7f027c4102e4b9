"""Paying out all that is on an account whose owner ends. Source: HTTP contract, section 4 (dissolving)."""

from datetime import datetime

from ops.actors import Actor
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work
from tokens.actions import telling
from tokens.actions.paying import Paid
from tokens.errors import AccountNotEmptyError
from tokens.ledger.posting import Posting, post
from tokens.rules import MOST_TOKENS, Kind, spending
from tokens.rules.refusals import refused


@unit_of_work()
def pay_out(account: Document, recipient: Document, *, actor: Actor, now: datetime) -> Paid:
    """Pay the whole balance to somebody, as part of the unit in which the account's owner ends.

    That unit's audit entry tells of it. It happens once, so nobody is asked whether it is meant.

    Raises:
        AccountFrozenError, NoSpendingPermissionError, SpendingLimitExceededError: the actor may not.
        AccountNotEmptyError: there is more than one transaction moves.
    """
    balance = account["balance"]
    decision = spending.decide(account, actor.user_id, balance, now)
    if decision.refusal is not None:
        raise refused(account, decision)
    if balance > MOST_TOKENS:
        raise AccountNotEmptyError(balance=balance)
    postings = [Posting(account, -balance), Posting(recipient, balance)]
    posted = post(Kind.PAYOUT, postings, actor=actor, now=now)
    paid = Paid(posted.transaction, account, recipient, reached_limit=False)
    telling.tell_of_payment(paid, actor=actor, now=now)
    return paid
