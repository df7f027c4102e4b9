"""What is on an account that everybody posts to, by now: rolled up or not.

Its document is behind its entries by a minute and more. Who debits it has to know, and writes the document:
so two debits do not pass each other, nor the job that rolls up; a credit that comes meanwhile only adds.

Source: design, section 5 (posting-only accounts).
"""

from ops.errors import ServiceUnavailableError
from ops.mongo.collections import Document, collection

# A job rolls up each minute.
MOST_BEHIND = 100_000


def claim(account: Document) -> int:
    """Write that the account is debited, as part of a unit that read it; returns what is on it.

    Raises:
        ServiceUnavailableError: nothing was rolled up for long, so it would take too long to add up.
    """
    collection("sbd_accounts").update({"_id": account["_id"]}, {"$inc": {"touches": 1}})
    found = collection("sbd_entries").aggregate(
        [
            {"$match": _not_rolled_up(account)},
            {"$limit": MOST_BEHIND},
            {"$group": {"_id": None, "sum": {"$sum": "$amount"}, "number": {"$sum": 1}}},
        ]
    )
    if found and found[0]["number"] == MOST_BEHIND:
        raise ServiceUnavailableError
    return int(account["balance"]) + (int(found[0]["sum"]) if found else 0)


def _not_rolled_up(account: Document) -> Document:
    watermark: Document = account.get("rolled_up") or {}
    if not watermark:
        return {"account": account["_id"]}
    later = [{"at": {"$gt": watermark["at"]}}, {"_id": {"$gt": watermark["entry"]}}]
    return {"account": account["_id"], "at": {"$gte": watermark["at"]}, "$or": later}
