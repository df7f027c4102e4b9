"""Verifying the ledger: every account, entry and transaction is read, and judged beside what belongs to it.

It goes in small steps, holds a page of documents at a time, and can stop after any step and go on from there,
in another process, too. It may run while people pay: see ``reading`` for why a sound ledger is found sound.

Source: design, section 5 (invariants).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

from pymongo.errors import PyMongoError

from ops.mongo.collections import Document
from tokens.ledger import invariants
from tokens.ledger.chains import Chain, Tally
from tokens.ledger.invariants import Finding, Findings, Invariant
from tokens.ledger.posting import is_system
from tokens.ledger.reading import (
    BY_ID,
    BY_TIME,
    ENTRIES,
    ENTRY_FIELDS,
    TRANSACTION_FIELDS,
    TRANSACTIONS,
    Reader,
)
from tokens.ledger.walking import Stretch, Walked
from tokens.rules import OwnerKind

ACCOUNTS_AT_ONCE = 500
# Follows the colon between account and number: all entries of an account lie before it.
BEHIND = ";"
# So many documents of one key are named.
MOST_NAMED = 10
EVER = datetime.min.replace(tzinfo=UTC)


class LedgerUnreadableError(RuntimeError):
    """The database could not be asked, so nothing is known."""


class Scope(NamedTuple):
    """What is verified; without anything: all.

    Attributes:
        account: id of the one account, with the transactions that it takes part in.
        since: only what was posted from this time on; what lies before is taken as right.
    """

    account: str | None = None
    since: datetime | None = None


WHOLE = Scope()


class Phase(StrEnum):
    """What is being read."""

    ACCOUNTS = "accounts"
    TRANSACTIONS = "transactions"
    KEYS = "keys"
    REVERSALS = "reversals"
    DONE = "done"


@dataclass
class Progress:
    """How far it has come, and what was found.

    Attributes:
        after: id of the last account, transaction or key that is done.
        entry: id of the last entry that is done, or a text between two.
        within: ``{account, known}``: the account whose entries are not all done, as it was read, and what is
            known of it.
        accounts, entries, transactions: how many were read; entries are counted as accounts are read.
    """

    phase: Phase = Phase.ACCOUNTS
    after: str = ""
    entry: str = ""
    within: dict[str, Any] | None = None
    accounts: int = 0
    entries: int = 0
    transactions: int = 0
    findings: Findings = field(default_factory=Findings)

    @property
    def read(self) -> int:
        """How many documents were gone through."""
        return self.entries + self.transactions

    def to_document(self) -> Document:
        """Return it as it is kept between two slices."""
        return asdict(self) | {
            "phase": str(self.phase),
            "findings": {
                "broken": dict(self.findings.broken),
                "kept": [
                    [str(each.invariant), each.sentence, list(each.documents)] for each in self.findings.kept
                ],
            },
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Progress":
        """Return it as it was kept."""
        kept = [
            Finding(Invariant(name), sentence, tuple(documents))
            for name, sentence, documents in document["findings"]["kept"]
        ]
        findings = Findings(Counter(document["findings"]["broken"]), kept)
        return cls(**{**document, "phase": Phase(document["phase"]), "findings": findings})


def steps(progress: Progress, scope: Scope = WHOLE) -> Iterator[None]:
    """Go on with a verification, step by step, until ``progress`` is done.

    Raises:
        LedgerUnreadableError: the database cannot be asked; ``progress`` is where it was.
    """
    try:
        with Reader() as reader:
            yield from _Verification(reader, progress, scope).steps()
    except PyMongoError as error:
        raise LedgerUnreadableError(type(error).__name__) from error


@dataclass
class _Verification:
    reader: Reader
    progress: Progress
    scope: Scope

    def steps(self) -> Iterator[None]:
        phases: dict[Phase, Callable[[], Iterator[None]]] = {
            Phase.ACCOUNTS: self._accounts if self.scope == WHOLE else self._chosen_accounts,
            Phase.TRANSACTIONS: self._transactions,
            Phase.KEYS: lambda: self._repeated("key", Invariant.ONE_OF_A_KEY, "key"),
            Phase.REVERSALS: lambda: self._repeated("reverses", Invariant.ONE_REVERSAL, "reversal of"),
        }
        order = list(Phase)
        while self.progress.phase != Phase.DONE:
            yield from phases[self.progress.phase]()
            self.progress.phase = order[order.index(self.progress.phase) + 1]
            self.progress.after = self.progress.entry = ""
            self.progress.within = None
            yield

    def _accounts(self) -> Iterator[None]:
        """Walk through all ids of entries without a hole, so that none of a missing account is left out."""
        progress = self.progress
        while True:
            # As it was read: its number says up to where its entries are to be taken.
            begun = [progress.within["account"]] if progress.within else []
            after = begun[0]["_id"] if begun else progress.after
            following = self.reader.accounts({"_id": {"$gt": after}}, most=ACCOUNTS_AT_ONCE)
            is_last = len(following) < ACCOUNTS_AT_ONCE
            end = "" if is_last else following[-1]["_id"]
            bounds = {"$gt": progress.entry} | ({} if is_last else {"$lt": end + BEHIND})
            yield from self._walk([*begun, *following], bounds, _resumed(progress.within))
            if is_last:
                return
            progress.after, progress.entry, progress.within = end, end + BEHIND, None
            yield

    def _chosen_accounts(self) -> Iterator[None]:
        """Walk through one account, or through those that have moved since."""
        account_id, since = self.scope
        query: Document = {"_id": account_id} if account_id else {}
        if since and not account_id:
            query = {"$or": [{"last_at": {"$gte": since}}, {"owner.kind": str(OwnerKind.SYSTEM)}]}
        after = ""
        while accounts := self.reader.accounts(
            {"$and": [query, {"_id": {"$gt": after}}]}, most=ACCOUNTS_AT_ONCE
        ):
            after = accounts[-1]["_id"]
            for account in accounts:
                chain = None if since is None or is_system(account) else self._chain(account["_id"], since)
                start = chain.last if chain and chain.last else f"{account['_id']}:"
                yield from self._walk([account], {"$gt": start, "$lt": account["_id"] + BEHIND}, chain)

    def _chain(self, account_id: str, since: datetime) -> Chain:
        """Begin with the last entry before a time, which is taken as right."""
        before = {"account": account_id, "at": {"$lt": since}}
        found = self.reader.first_entry(before, [(name, -direction) for name, direction in BY_TIME])
        if found is None:
            return Chain(account_id)
        balance = found["balance_after"]
        return Chain(account_id, found["_id"], found["seq"], balance, balance, found["at"])

    def _walk(self, accounts: Sequence[Document], bounds: Document, current: Walked | None) -> Iterator[None]:
        progress = self.progress
        before = progress.accounts
        stretch = Stretch(self.reader, progress.findings, accounts, current)
        for page in self.reader.pages(ENTRIES, {"_id": bounds}, ENTRY_FIELDS):
            self._require_transactions(page)
            for entry in page:
                stretch.take(entry)
            progress.within = stretch.within()
            progress.entry = page[-1]["_id"]
            progress.after = stretch.last or progress.after
            progress.entries += len(page)
            progress.accounts = before + stretch.ended
            yield
        stretch.finish()
        progress.accounts = before + stretch.ended

    def _require_transactions(self, entries: Sequence[Document]) -> None:
        named = {each["transaction"] for each in entries if isinstance(each.get("transaction"), str)}
        missing = named - self.reader.transactions(named).keys()
        for entry in entries if missing else ():
            if entry.get("transaction") in missing:
                name, transaction = entry["_id"], entry["transaction"]
                said = f"{name} is of {transaction}, and there is no such transaction"
                self.progress.findings.add(Finding(Invariant.AGREEMENT, said, (name, transaction)))

    def _transactions(self) -> Iterator[None]:
        for page in self._pages_of_transactions():
            self._judge(page)
            self.progress.transactions += len(page)
            self.progress.after = page[-1]["_id"]
            yield

    def _pages_of_transactions(self) -> Iterator[list[Document]]:
        account_id, since = self.scope
        if account_id is None:
            query: Document = {"at": {"$gte": since}} if since else {"_id": {"$gt": self.progress.after}}
            order = BY_TIME if since else BY_ID
            yield from self.reader.pages(TRANSACTIONS, query, TRANSACTION_FIELDS, order=order)
            return
        of_account = {"account": account_id, "at": {"$gte": since or EVER}}
        for entries in self.reader.pages(ENTRIES, of_account, ("transaction",), order=BY_TIME):
            ids = {str(each.get("transaction")) for each in entries}
            if found := self.reader.transactions(ids, TRANSACTION_FIELDS):
                yield list(found.values())

    def _judge(self, transactions: Sequence[Document]) -> None:
        entries = self.reader.entries_of([each["_id"] for each in transactions])
        named = {str(each["reverses"]) for each in transactions if each.get("reverses")}
        reversed_ones = self.reader.transactions(named, TRANSACTION_FIELDS) if named else {}
        for each in transactions:
            found = [
                *invariants.of_transaction(each, entries.get(each["_id"], [])),
                *invariants.of_reversal(each, reversed_ones.get(str(each.get("reverses")))),
            ]
            for finding in found:
                self.progress.findings.add(finding)

    def _repeated(self, name: str, invariant: Invariant, what: str) -> Iterator[None]:
        """Look for transactions that have the same in a field which the server does not keep unique."""
        if self.scope.account or self.reader.is_kept_unique(name):
            return
        query = {name: {"$gt": self.progress.after}}
        pages = self.reader.pages(TRANSACTIONS, query, (name,), order=((name, 1), *BY_ID), on_disk=True)
        for value, same in groupby(
            (each for page in pages for each in page), key=lambda each: str(each[name])
        ):
            ids = [each["_id"] for _, each in zip(range(MOST_NAMED), same, strict=False)]
            if len(ids) > 1:
                said = f"{len(ids)} transactions have the {what} {value}"
                self.progress.findings.add(Finding(invariant, said, tuple(ids)))
            self.progress.after = value
            yield


def _resumed(within: Mapping[str, Any] | None) -> Walked | None:
    """Return what an earlier slice has left of an account; ``None``: it left off between two."""
    if within is None:
        return None
    kind = Tally if is_system(within["account"]) else Chain
    return kind(**within["known"])
