"""Reads for the verification of the ledger, which goes on while people pay.

No snapshot is needed, which the server would keep for five minutes only. Transactions and entries are only
ever added, and what belongs together is committed together. So of two things that belong together, the one
that is read second is there, whatever was posted between; if both reads see what a majority has, and the
second is not older than the first: that is what the session is for.

Source: design, section 5.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, Self

from pymongo import ASCENDING
from pymongo.collection import Collection as Stored
from pymongo.read_concern import ReadConcern

from ops.mongo.collections import Document, collection
from tokens.ledger.chains import FREEZE, OPENING, Interval, intervals

ACCOUNTS, ENTRIES, TRANSACTIONS = "sbd_accounts", "sbd_entries", "sbd_transactions"
MAJORITY = ReadConcern("majority")
PAGE = 1000

ACCOUNT_FIELDS = ("balance", "seq", "last_at", "status", "owner", "updated_at", "rolled_up")
ENTRY_FIELDS = ("account", "seq", "kind", "amount", "balance_after", "transaction", "related", "at")
TRANSACTION_FIELDS = ("kind", "postings", "reverses", "at")

Order = Sequence[tuple[str, int]]
BY_ID: Order = (("_id", ASCENDING),)
BY_TIME: Order = (("at", ASCENDING), ("_id", ASCENDING))


class Reader:
    """Reads of what a majority has, each not older than the one before."""

    def __enter__(self) -> Self:
        """Open the session."""
        self._session = collection(ACCOUNTS).raw.database.client.start_session(causal_consistency=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._session.end_session()

    def pages(
        self,
        name: str,
        query: Mapping[str, Any],
        fields: Collection[str],
        *,
        order: Order = BY_ID,
        on_disk: bool = False,
    ) -> Iterator[list[Document]]:
        """Return documents in order, page by page; of one read only a page is held here at a time.

        ``on_disk``: there may be no index for the order, so that the server sorts, on its disk.
        """
        cursor = self._stored(name).find(
            query,
            dict.fromkeys(fields, 1),
            sort=list(order),
            batch_size=PAGE,
            allow_disk_use=on_disk or None,
            session=self._session,
        )
        with cursor:
            while page := list(islice(cursor, PAGE)):
                yield page

    def accounts(self, query: Mapping[str, Any], *, most: int) -> list[Document]:
        """Return at most so many accounts in the order of their ids."""
        fields = dict.fromkeys(ACCOUNT_FIELDS, 1)
        found = self._stored(ACCOUNTS).find(
            query, fields, sort=list(BY_ID), limit=most, session=self._session
        )
        return list(found)

    def account(self, account_id: str) -> Document | None:
        """Return an account as it is now."""
        return next(iter(self.accounts({"_id": account_id}, most=1)), None)

    def first_entry(self, query: Mapping[str, Any], order: Order) -> Document | None:
        """Return the first of some entries."""
        return self._stored(ENTRIES).find_one(
            query, dict.fromkeys(ENTRY_FIELDS, 1), sort=list(order), session=self._session
        )

    def transactions(self, ids: Collection[str], fields: Collection[str] = ()) -> dict[str, Document]:
        """Return those of these transactions that are there, by id."""
        wanted = dict.fromkeys(fields, 1) or {"_id": 1}
        found = self._stored(TRANSACTIONS).find(
            {"_id": {"$in": list(ids)}}, wanted, batch_size=PAGE, session=self._session
        )
        return {each["_id"]: each for each in found}

    def entries_of(self, transaction_ids: Collection[str]) -> Mapping[str, list[Document]]:
        """Return all entries that name these transactions."""
        found = self._stored(ENTRIES).find(
            {"transaction": {"$in": list(transaction_ids)}},
            dict.fromkeys(ENTRY_FIELDS, 1),
            batch_size=PAGE,
            session=self._session,
        )
        return _grouped(found, "transaction")

    def frozen(self, accounts: Sequence[Document]) -> dict[str, list[Interval]]:
        """Return when accounts were frozen, as the audit log has it."""
        ids = [each["_id"] for each in accounts]
        changes = collection("audit_log").raw.with_options(read_concern=MAJORITY)
        found = changes.find(
            {"target": {"$in": ids}, "action": {"$in": [FREEZE, OPENING]}},
            {"target": 1, "action": 1, "at": 1},
            session=self._session,
        )
        return {target: intervals(each) for target, each in _grouped(found, "target").items()}

    def is_kept_unique(self, field: str) -> bool:
        """Tell whether the server itself lets no two transactions have the same in a field."""
        found = self._stored(TRANSACTIONS).index_information(session=self._session)
        return any(
            each["key"] == [(field, ASCENDING)]
            and each.get("unique", False)
            and each.get("partialFilterExpression") == {field: {"$gt": ""}}
            for each in found.values()
        )

    @staticmethod
    def _stored(name: str) -> Stored[Document]:
        return collection(name).raw.with_options(read_concern=MAJORITY)


def _grouped(found: Iterable[Document], field: str) -> Mapping[str, list[Document]]:
    groups: dict[str, list[Document]] = defaultdict(list)
    for each in found:
        groups[each[field]].append(each)
    return groups
