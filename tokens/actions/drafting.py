"""Accounts with a history, made in memory for those who write many at once.

It is posted as ``tokens.ledger.posting`` does it, and by the documents that it makes; nothing is written.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ops.actors import Actor
from ops.mongo.collections import Document
from tokens.ledger import posting
from tokens.ledger.posting import Posting, Terms
from tokens.models.system import ISSUANCE, system_account
from tokens.rules import Kind
from tokens.rules.issuing import IssuanceStatus
from tokens.rules.spending import next_at


class Move(NamedTuple):
    """What is moved; ``related``: ``{type, id}`` of what is paid for."""

    kind: Kind
    amount: int
    note: str | None = None
    related: Mapping[str, str] | None = None
    key: str | None = None


class Book:
    """What was posted so far, in the order in which it was."""

    def __init__(self, now: datetime) -> None:
        """Begin with nothing but the account that tokens come from, as of a time."""
        self.source = system_account(ISSUANCE, now=now)
        self.transactions: list[Document] = []
        self.entries: list[Document] = []

    def move(  # noqa: PLR0913  # a transaction has as many parts
        self,
        payer: Document,
        recipient: Document,
        moved: Move,
        *,
        actor: Actor,
        now: datetime,
        transaction_id: str,
    ) -> Document:
        """Move tokens from one account to another, and change both as they are in memory.

        Raises:
            AccountFrozenError, AccountClosedError, InsufficientBalanceError: as when it is posted.
            ValueError: that is no amount, or both are one account: a defect of the caller.
        """
        postings = [Posting(payer, -moved.amount), Posting(recipient, moved.amount)]
        posting.require_balanced(postings)
        for each in postings:
            posting.require_possible(each)
        terms = Terms(note=moved.note, key=moved.key, related=moved.related)
        transaction, entries = posting.documents(
            moved.kind, postings, actor=actor, now=now, terms=terms, transaction_id=transaction_id
        )
        for account, amount in postings:
            if not posting.is_system(account):
                moment = next_at(account, now)
                account.update(balance=account["balance"] + amount, seq=account["seq"] + 1, last_at=moment)
        self.transactions.append(transaction)
        self.entries += entries
        return transaction

    def issue(  # noqa: PLR0913  # an issuance has as many parts
        self,
        account: Document,
        amount: int,
        *,
        actor: Actor,
        now: datetime,
        issuance_id: str,
        transaction_id: str,
    ) -> dict[str, Any]:
        """Put new tokens on an account; returns the issuance."""
        related = {"type": "issuance", "id": issuance_id}
        moved = Move(Kind.ISSUANCE, amount, related=related, key=f"issuance:{issuance_id}")
        self.move(self.source, account, moved, actor=actor, now=now, transaction_id=transaction_id)
        return {
            "_id": issuance_id,
            "v": 1,
            "account": account["_id"],
            "amount": amount,
            "reason": "Tokens to begin with",
            "status": str(IssuanceStatus.ISSUED),
            "asked_by": actor.id,
            "asked_by_name": actor.name,
            "asked_at": now,
            "decided_by": actor.id,
            "decided_by_name": actor.name,
            "decided_at": now,
            "transaction": transaction_id,
        }
