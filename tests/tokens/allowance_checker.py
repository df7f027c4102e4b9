"""A checker over the raw collections: a period of an allowance is paid if and only if a transaction paid it.

It knows nothing of the product's rules but the HTTP contract, section 18 (rules 2 and 6).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from ops.mongo.collections import Document
from tests.database import documents

PAID, MISSED = "paid", "missed"


def faults() -> list[str]:
    """Return what is wrong, one sentence each."""
    found = documents("allowance_payments", "sbd_transactions", "sbd_accounts")
    by_payment: defaultdict[str, list[Document]] = defaultdict(list)
    for each in found["sbd_transactions"]:
        if each["kind"] == "allowance":
            by_payment[str((each["related"] or {}).get("id"))].append(each)
    accounts = {each["_id"]: each for each in found["sbd_accounts"]}
    wrong = []
    for payment in found["allowance_payments"]:
        moved = by_payment.pop(payment["_id"], [])
        wrong += [f"{payment['_id']}: {fault}" for fault in _of_payment(payment, moved, accounts)]
    wrong += [f"{each}: a transaction paid a period that there is not" for each in by_payment]
    periods = Counter((each["allowance_id"], each["period"]) for each in found["allowance_payments"])
    return wrong + [f"{each}: {times} times" for each, times in periods.items() if times > 1]


def _of_payment(payment: Document, moved: list[Document], accounts: dict[str, Document]) -> Iterator[str]:
    if payment["status"] not in {PAID, MISSED}:
        yield f"it is {payment['status']}"
    if (payment["status"] == PAID) != (payment["obstacle"] is None):
        yield f"{payment['status']} since {payment['obstacle']}"
    expected = [payment["transaction"]] if payment["status"] == PAID else []
    if [each["_id"] for each in moved] != expected:
        yield f"{payment['status']} by {[each['_id'] for each in moved]}"
    for each in moved:
        postings = {accounts[one["account"]]["owner"]["id"]: one["amount"] for one in each["postings"]}
        wanted = {payment["family_id"]: -payment["amount"], payment["recipient_id"]: payment["amount"]}
        if postings != wanted or each["related"] != {"type": "allowance", "id": payment["_id"]}:
            yield f"{each['_id']} moved {postings}"
