"""Adding up the accounts that everybody posts to.

Nobody writes the document of a system account when posting, or all payments would wait for it. Its balance is
brought up from its entries afterwards, in the order of (time, transaction), behind a watermark: an entry that
is committed after a later one was added would be left out for ever. An entry's time may be older than its
commit by a unit's 3 s, by 45 s where a job took its time once for many units, and by the difference of two
servers' clocks; so what is younger than 60 s waits.

Source: design, section 5 (posting-only accounts).
"""

from datetime import datetime

from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from tokens.ledger.chains import SETTLED
from tokens.rules import OwnerKind

ENTRIES_AT_ONCE = 1000
# The system has a few accounts of its own.
MOST_ACCOUNTS = 100


def system_accounts() -> list[str]:
    """Return the ids of the accounts to add up."""
    found = collection("sbd_accounts").find(
        {"owner.kind": str(OwnerKind.SYSTEM)}, {"_id": 1}, limit=MOST_ACCOUNTS
    )
    return [each["_id"] for each in found]


@unit_of_work()
def roll_up_some(account_id: str, *, now: datetime) -> int:
    """Add the next entries of a system account to its balance; returns how many.

    Of two jobs at once one finds the watermark moved, and begins again behind it: none adds an entry twice.
    """
    account = collection("sbd_accounts").find_one({"_id": account_id}, {"rolled_up": 1})
    if account is None:
        return 0
    watermark: Document = account.get("rolled_up") or {}
    entries = collection("sbd_entries").find(
        _behind(account_id, watermark, now=now),
        {"amount": 1, "at": 1},
        sort=[("at", 1), ("_id", 1)],
        limit=ENTRIES_AT_ONCE,
    )
    if not entries:
        return 0
    added = {"balance": sum(each["amount"] for each in entries)}
    moved = {"rolled_up": {"at": entries[-1]["at"], "entry": entries[-1]["_id"]}}
    as_read = {"_id": account_id, "rolled_up.entry": watermark.get("entry")}
    done = collection("sbd_accounts").update(as_read, {"$inc": added, "$set": moved})
    return len(entries) if done else 0


def _behind(account_id: str, watermark: Document, *, now: datetime) -> Document:
    """Return which entries come next: settled, and after the watermark, if there is one yet."""
    settled = {"$lte": now - SETTLED}
    if not watermark:
        return {"account": account_id, "at": settled}
    later = [{"at": {"$gt": watermark["at"]}}, {"_id": {"$gt": watermark["entry"]}}]
    return {"account": account_id, "at": {"$gte": watermark["at"], **settled}, "$or": later}
