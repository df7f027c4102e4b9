"""A ledger with transactions of all kinds, and ways to change it past the product."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ops import clock
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tests.factories import Person, new_family, new_person
from tests.tokens import deeds
from tests.tokens.funds import ISSUER, account_by_id, account_of
from tests.world import TESTS
from tokens.actions import accounts, reversing, upkeep
from tokens.actions.checking import WHOLE, Progress, Scope, check
from tokens.ledger.posting import Posting, Terms, entry_id, post
from tokens.models.system import ISSUANCE
from tokens.rules import Kind

SYSTEM_ID = f"acc_{ISSUANCE}"
ACCOUNTS, ENTRIES, TRANSACTIONS = "sbd_accounts", "sbd_entries", "sbd_transactions"
Named = dict[str, set[str]]


class Books:
    """A sound ledger, made in the last three hours by Ann, Bob, Carl and the families of Ann and Carl.

    Carl's family's account is closed; Bob's was frozen for the second half of the first hour. By their
    numbers, the entries of Ann are +100 -30 -10 +30 -5 +2, of Bob +30 +5 -30 +5 -2, of Ann's family +50 +10
    -5, of Carl +7, of his family +7 -7.
    """

    def __init__(self) -> None:
        """Make it."""
        self.began_at = clock.now() - timedelta(hours=3)
        self.people = [new_person() for _ in range(3)]
        ann, bob, carl = self.people
        self.ann, self.bob, self.carl = (str(account_of(each)["_id"]) for each in self.people)
        self.family, self.closed = (str(new_family(each)["account_id"]) for each in (ann, carl))
        self.first = self.issue(self.ann, 100, minute=1, key="first")
        self.issue(self.family, 50, minute=2)
        self.sent = self._of(deeds.send(bob.username, 30, by=ann, now=self.at(3)))
        self.contribution = self._of(deeds.contribute(self.family, 10, by=ann, now=self.at(4)))
        self.transfer = self._of(deeds.transfer(self.family, bob, 5, by=ann, now=self.at(5)))
        self.reversal = self._of(
            reversing.reverse(self.sent, actor=TESTS, now=self.at(6), reason="for a test")
        )
        self._close(carl)
        deeds.freeze(self.bob, by=TESTS, now=self.at(30))
        self.gift = self._of(deeds.send(bob.username, 5, by=ann, now=self.at(40)))
        deeds.unfreeze(self.bob, by=TESTS, now=self.at(60))
        self.returned = self._of(deeds.send(ann.username, 2, by=bob, now=self.at(70)))
        upkeep.roll_up(now=clock.now())

    def at(self, minute: float) -> datetime:
        """Return the time so many minutes after the beginning."""
        return self.began_at + timedelta(minutes=minute)

    @unit_of_work()
    def issue(self, account_id: str, amount: int, *, minute: float, key: str | None = None) -> str:
        """Put new tokens on an account; returns the transaction's id."""
        postings = [Posting(account_by_id(SYSTEM_ID), -amount), Posting(account_by_id(account_id), amount)]
        posted = post(Kind.ISSUANCE, postings, actor=ISSUER, now=self.at(minute), terms=Terms(key=key))
        return self._of(posted)

    def _close(self, founder: Person) -> None:
        self.issue(self.closed, 7, minute=7)
        deeds.transfer(self.closed, founder, 7, by=founder, now=self.at(8))
        accounts.close(self.closed, now=self.at(9))

    @staticmethod
    def _of(posted: Any) -> str:
        return str(posted.transaction["_id"])


def forge(postings: Sequence[tuple[str, int]], *, at: datetime, kind: Kind = Kind.SEND, **fields: Any) -> str:
    """Write a transaction that agrees with itself, whether it may be or not; returns its id."""
    transaction = new_id("txn")
    given = [{"account": account, "amount": amount} for account, amount in postings]
    document = {"_id": transaction, "v": 1, "kind": str(kind), "postings": given, "at": at}
    collection(TRANSACTIONS).insert({**document, "key": None, "reverses": None, **fields})
    for account_id, amount in postings:
        account = account_by_id(account_id)
        seq, balance = account["seq"] + 1, account["balance"] + amount
        collection(ENTRIES).insert(
            {
                "_id": entry_id(account_id, seq),
                "account": account_id,
                "seq": seq,
                "kind": str(kind),
                "amount": amount,
                "balance_after": balance,
                "transaction": transaction,
                "at": at,
            }
        )
        change(ACCOUNTS, account_id, balance=balance, seq=seq, last_at=at)
    return transaction


def change(name: str, document_id: str, **fields: Any) -> None:
    """Change fields of a document; ``__`` in a name stands for a dot."""
    changed = {path.replace("__", "."): value for path, value in fields.items()}
    assert collection(name).update({"_id": document_id}, {"$set": changed})


def remove(name: str, *ids: str) -> None:
    """Take documents away."""
    assert collection(name).delete({"_id": {"$in": list(ids)}}) == len(ids)


def stored(name: str, document_id: str) -> Document:
    """Return a document."""
    found = collection(name).find_one({"_id": document_id})
    assert found is not None
    return found


def checked(scope: Scope = WHOLE) -> Progress:
    """Check the ledger."""
    return check(scope, tell=lambda _progress: None)


def named(progress: Progress) -> Named:
    """Return the documents that the findings name, by invariant."""
    found: Named = {}
    for each in progress.findings.kept:
        found.setdefault(each.invariant.name, set()).update(each.documents)
    return found
