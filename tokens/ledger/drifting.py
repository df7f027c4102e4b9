"""A quick look whether balances are what entries say: no proof, as ``verifying`` gives it.

Of a small ledger all entries are added up, as of one moment. Of a large one an account is compared with its
last entry: that never changes, and is committed with the balance that it leaves, so they agree whoever pays
meanwhile. System accounts, whose balance lags behind, are added up as far as they were rolled up, unless they
have too many entries for that.

Source: design, section 5 (invariants).
"""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ops.ids import new_id
from ops.mongo.collections import Document, collection
from tokens.ledger.chains import malformed
from tokens.ledger.posting import entry_id, is_system
from tokens.ledger.reading import ACCOUNTS, BY_TIME, ENTRIES, PAGE, Reader
from tokens.ledger.walking import ACCOUNT_SHAPE

# So much of what somebody waits for is for it; of a large ledger it sees a part, each time another one.
SECONDS = 0.5
MOST_SUMMED = 10_000
TOTALS = [{"$group": {"_id": "$account", "sum": {"$sum": "$amount"}}}]


class Drift(NamedTuple):
    """An account whose balance is not what its entries say."""

    account: str
    balance: int
    said: int


class Compared(NamedTuple):
    """What was compared.

    Attributes:
        accounts: how many.
        is_all: whether those are all.
        balance, said: sums over them, of their balances, and of what their entries say.
        drifts: those that differ.
    """

    accounts: int
    is_all: bool
    balance: int
    said: int
    drifts: Sequence[Drift]


def compared(*, seconds: float = SECONDS) -> Compared:
    """Compare a page of accounts, and further ones from somewhere on, until all are seen or time is over."""
    until = time.monotonic() + seconds
    seen: list[Drift] = []
    is_all = True
    summed = _summed() if collection(ENTRIES).raw.estimated_document_count() <= MOST_SUMMED else []
    named = {each.account for each in summed if each.balance != each.said}
    with Reader() as reader:
        for page in _pages(reader):
            if not is_all:
                break
            # One that has not its shape cannot be compared; that is for a verification to tell.
            seen += _of(reader, [each for each in page if not malformed(each, ACCOUNT_SHAPE)], until)
            is_all = len(page) < PAGE or time.monotonic() < until
    # Who was paid since an edit has a last entry that says the same: then only the sum tells.
    seen = [each for each in seen if each.account not in named]
    seen += [each for each in summed if each.account in named]
    return Compared(
        len(seen),
        is_all,
        sum(each.balance for each in seen),
        sum(each.said for each in seen),
        [each for each in seen if each.balance != each.said],
    )


def _summed() -> list[Drift]:
    """Add up the entries of all people's accounts; that many accounts are enough for so few entries."""
    fields = dict.fromkeys(("balance", "owner.kind"), 1)
    stored, entries = collection(ACCOUNTS).raw, collection(ENTRIES).raw
    with stored.database.client.start_session(snapshot=True) as session:
        totals = {each["_id"]: each["sum"] for each in entries.aggregate(TOTALS, session=session)}
        found = stored.find({"_id": {"$in": list(totals)}}, fields, session=session)
        return [
            Drift(each["_id"], each["balance"], totals[each["_id"]])
            for each in found
            if not malformed(each, {"balance": int, "owner": dict}) and not is_system(each)
        ]


def _pages(reader: Reader) -> Iterator[list[Document]]:
    """Yield the first page, which of a small ledger is all; then the others, begun each time elsewhere."""
    first = reader.accounts({}, most=PAGE)
    yield first
    if len(first) < PAGE:
        return
    last = first[-1]["_id"]
    middle = max(new_id("acc"), last)
    for after, end in ((middle, {}), (last, {"$lte": middle})):
        while page := reader.accounts({"_id": {"$gt": after, **end}}, most=PAGE):
            yield page
            after = page[-1]["_id"]  # noqa: PLW2901  # where the next page begins


def _of(reader: Reader, accounts: Sequence[Document], until: float) -> Iterator[Drift]:
    theirs = [each for each in accounts if not is_system(each)]
    named = [entry_id(each["_id"], each["seq"]) for each in theirs if each["seq"]]
    said = {
        each["_id"]: each["balance_after"]
        for page in reader.pages(ENTRIES, {"_id": {"$in": named}}, ("balance_after",))
        for each in page
    }
    for each in theirs:
        yield Drift(each["_id"], each["balance"], said.get(entry_id(each["_id"], each["seq"]), 0))
    for each in accounts:
        if is_system(each) and (rolled_up := _rolled_up(reader, each, until)) is not None:
            yield Drift(each["_id"], each["balance"], rolled_up)


def _rolled_up(reader: Reader, account: Document, until: float) -> int | None:
    """Add up a system account's entries up to its mark; ``None``: there are too many, or time is over."""
    mark = account.get("rolled_up")
    if not mark:
        return 0
    before = [{"at": {"$lt": mark["at"]}}, {"at": mark["at"], "_id": {"$lte": mark["entry"]}}]
    query = {"account": account["_id"], "at": {"$lte": mark["at"]}, "$or": before}
    total = number = 0
    for page in reader.pages(ENTRIES, query, ("amount",), order=BY_TIME):
        total += sum(each["amount"] for each in page)
        number += len(page)
        if number > MOST_SUMMED or time.monotonic() > until:
            return None
    return total
