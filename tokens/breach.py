"""What tokens know of a breach: where their documents lie, and which tokens a transaction moved."""

from collections.abc import Iterator, Sequence

from ops import breach
from ops.breach import Movement
from ops.mongo.collections import collection
from tokens import queries

COLLECTIONS = {
    "acc": "sbd_accounts",
    "txn": "sbd_transactions",
    "iss": "issuances",
    "req": "token_requests",
    "pr": "purchase_requests",
    "allow": "allowances",
    "alp": "allowance_payments",
}
WAYS = {"rights.changed": "rights of a holder"}
KEPT_IN = {"rights": "sbd_accounts"}
AT_ONCE = 500


def enter() -> None:
    """Enter it."""
    breach.ids(COLLECTIONS)
    breach.kept_in(KEPT_IN)
    breach.ways_in(WAYS)
    breach.movements_by(_movements)


def _movements(transaction_ids: Sequence[str]) -> Iterator[Movement]:
    for start in range(0, len(transaction_ids), AT_ONCE):
        chosen = list(transaction_ids[start : start + AT_ONCE])
        found = collection("sbd_transactions").find({"_id": {"$in": chosen}}, limit=AT_ONCE)
        named = {posting["account"] for each in found for posting in each["postings"]}
        accounts = queries.accounts_by_id(sorted(named))
        families = {name: family for name, each in accounts.items() if (family := queries.family_of(each))}
        for each in found:
            amounts = {posting["account"]: posting["amount"] for posting in each["postings"]}
            whose = {name: families[name] for name in amounts if name in families}
            yield Movement(each["_id"], each["at"], each["kind"], amounts, whose)
