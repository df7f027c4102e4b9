"""A checker over the raw collections: what must hold of the ledger at any moment.

It reads past the product's own reads and knows none of its rules, but those of the HTTP contract, section 18
(rules 1 to 5 and 17), and of design, section 5.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection

Document = dict[str, Any]
BELOW_ZERO = "system_issuance"
KEY_DIGITS = 64  # of a record of idempotency; a job names what it did in words
PAYMENTS = frozenset({"send", "transfer", "contribution"})
# What is asked for: its collection, by what its payment names it.
REQUESTS = {"token_request": "token_requests", "purchase_request": "purchase_requests"}
KINDS = {"token_request": "token_request", "purchase_request": "purchase"}
PAID = frozenset({"approved", "auto_approved"})


class Entry(NamedTuple):
    """A line of a statement, as far as it matters."""

    id: str
    account: str
    seq: int | None
    kind: str
    amount: int
    balance_after: int | None
    transaction: str
    actor: str
    at: datetime


class Transaction(NamedTuple):
    """A transaction, as far as it matters."""

    id: str
    kind: str
    postings: tuple[tuple[str, int], ...]
    actor: str
    key: str | None
    reverses: str | None
    at: datetime
    related: tuple[str, str] | None


class Stored:
    """What there is; read while nobody writes."""

    def __init__(self, database: Any) -> None:
        """Read it, in the order of ids."""
        self.accounts: dict[str, Document] = {each["_id"]: each for each in database["sbd_accounts"].find()}
        self.transactions = {each.id: each for each in map(_transaction, database["sbd_transactions"].find())}
        self.entries: defaultdict[str, list[Entry]] = defaultdict(list)
        self.postings: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self.kinds: defaultdict[str, set[str]] = defaultdict(set)
        self.times: dict[str, datetime] = {}
        for each in map(_entry, database["sbd_entries"].find().sort("_id")):
            self.entries[each.account].append(each)
            self.postings[each.transaction].append((each.account, each.amount))
            self.kinds[each.transaction].add(each.kind)
            self.times[each.transaction] = max(each.at, self.times.get(each.transaction, each.at))
        told = database["audit_log"].find({"action": {"$in": ["tokens.paid", "transaction.reversed"]}})
        self.audited = Counter((each["action"], each["target"]) for each in told)
        # Its entry tells of both transactions: what was given, and that this was taken back.
        corrected = database["audit_log"].find({"action": "balance.corrected"})
        self.audited.update(("transaction.reversed", each["after"]["transactions"][0]) for each in corrected)
        self.records = {each["_id"] for each in database["idempotency_keys"].find({}, ["_id"])}
        self.requests = {
            (kind, each["_id"]): each for kind, name in REQUESTS.items() for each in database[name].find()
        }


def faults(database: Any = None) -> list[str]:
    """Return what is wrong, one sentence each; without a database: of the tests' own."""
    stored = Stored(connection.database if database is None else database)  # type: ignore[attr-defined]  # the engine's
    found = [f"{account['username']}: {fault}" for account, fault in _of_accounts(stored)]
    found += [f"{each.id}: {fault}" for each, fault in _of_transactions(stored)]
    return [*found, *_of_requests(stored), *_of_all(stored)]


def total(database: Any = None) -> int:
    """Return how many tokens there are on all accounts but the system's."""
    stored = Stored(connection.database if database is None else database)  # type: ignore[attr-defined]  # the engine's
    return sum(each["balance"] for each in stored.accounts.values() if each["owner"]["kind"] != "system")


def _of_accounts(stored: Stored) -> Iterator[tuple[Document, str]]:
    for account in stored.accounts.values():
        entries = stored.entries[account["_id"]]
        if account["owner"]["kind"] == "system":
            looks = chain(_of_system(account, entries))
        else:
            looks = chain(*(look(account, entries) for look in (_of_balance, _of_line, _of_totals)))
        yield from ((account, fault) for fault in looks)


def _of_balance(account: Document, entries: list[Entry]) -> Iterator[str]:
    if account["balance"] != sum(each.amount for each in entries):
        yield f"balance {account['balance']}, entries sum to {sum(each.amount for each in entries)}"
    if account["balance"] < 0:
        yield f"balance {account['balance']}"
    if account["seq"] != len(entries):
        yield f"seq {account['seq']}, {len(entries)} entries"
    if account["last_at"] != (entries[-1].at if entries else None):
        yield f"last entry at {account['last_at']}, {entries[-1:]}"
    if account["status"] == "closed" and (account["balance"] or account["holders"]):
        yield "closed with tokens or holders"
    ids = [each["user_id"] for each in account["holders"]]
    if len(ids) != len(set(ids)):
        yield f"somebody holds it twice: {ids}"


def _of_line(account: Document, entries: list[Entry]) -> Iterator[str]:
    """Go along the entries: numbers without a gap, balances right, times never backwards, none below 0."""
    balance, last = 0, None
    for number, each in enumerate(entries, start=1):
        balance += each.amount
        if (each.seq, each.balance_after) != (number, balance) or each.id != f"{account['_id']}:{number:012}":
            yield f"{each} is not number {number} with {balance} after it"
        if balance < 0:
            yield f"{balance} after number {number}"
        if last is not None and each.at < last:
            yield f"number {number} is of {each.at}, the one before of {last}"
        last = each.at


def _of_totals(account: Document, entries: list[Entry]) -> Iterator[str]:
    """Hold running totals against the debits of their period: no more is counted than was spent."""
    for holder in account["holders"]:
        limit, counted = holder["period_limit"], holder["period"]
        if limit is None or counted is None:
            continue
        spent = -sum(
            each.amount
            for each in entries
            if (each.actor, each.amount < 0, _key(limit["period"], each.at))
            == (holder["user_id"], True, counted["key"])
        )
        if not 0 < counted["spent"] <= spent:
            yield f"{holder['user_id']} spent {spent} in {counted['key']}, counted are {counted['spent']}"


def _of_system(account: Document, entries: list[Entry]) -> Iterator[str]:
    for each in entries:
        if (each.id, each.seq, each.balance_after) != (f"{account['_id']}:{each.transaction}", None, None):
            yield f"{each} has a number"
    if account["username"] != BELOW_ZERO and sum(each.amount for each in entries) < 0:
        yield "below 0"
    if account["holders"]:
        yield f"held by {account['holders']}"
    mark = account.get("rolled_up")
    added = [each.amount for each in entries if mark and (each.at, each.id) <= (mark["at"], mark["entry"])]
    if account["balance"] != sum(added):
        yield f"balance {account['balance']}, entries up to {mark} sum to {sum(added)}"


def _of_transactions(stored: Stored) -> Iterator[tuple[Transaction, str]]:
    for each in stored.transactions.values():
        yield from ((each, fault) for fault in (*_of_postings(stored, each), *_of_intent(stored, each)))


def _of_postings(stored: Stored, transaction: Transaction) -> Iterator[str]:
    accounts, amounts = zip(*transaction.postings, strict=True)
    if len(set(accounts)) != len(accounts) or len(accounts) < 2 or sum(amounts) != 0 or 0 in amounts:
        yield f"no transaction: {transaction.postings}"
    if sorted(stored.postings[transaction.id]) != sorted(transaction.postings):
        yield f"postings {transaction.postings}, entries {stored.postings[transaction.id]}"
    if stored.times.get(transaction.id) != transaction.at:
        yield f"of {transaction.at}, its entries of {stored.times.get(transaction.id)}"
    if stored.kinds[transaction.id] != {transaction.kind}:
        yield "an entry is of another kind"


def _of_intent(stored: Stored, transaction: Transaction) -> Iterator[str]:
    """One audit entry, the record of its key, and what it undoes undone by no other."""
    if transaction.kind in PAYMENTS and stored.audited["tokens.paid", transaction.id] != 1:
        yield f"{stored.audited['tokens.paid', transaction.id]} audit entries"
    if (key := transaction.key) is not None and len(key) == KEY_DIGITS and key not in stored.records:
        yield "without the record of its key"
    if transaction.reverses is None:
        return
    undone = stored.transactions.get(transaction.reverses)
    moved_back = sorted((account, -amount) for account, amount in transaction.postings)
    if undone is None or sorted(undone.postings) != moved_back:
        yield f"undoes {undone}"
    if stored.audited["transaction.reversed", transaction.reverses] != 1:
        yield "not one audit entry of the reversal"


def _of_requests(stored: Stored) -> Iterator[str]:
    """What says that it is paid is paid once, of the account and of the amount; nothing else is."""
    payments: defaultdict[tuple[str, str], list[Transaction]] = defaultdict(list)
    for each in stored.transactions.values():
        if each.related and each.related[0] in REQUESTS:
            payments[each.related].append(each)
        elif each.kind in KINDS.values():
            yield f"{each.id}: pays what nobody asked for"
    for named, request in stored.requests.items():
        expected = [request["transaction"]] if request["status"] in PAID else []
        found = payments.pop(named, [])
        if [each.id for each in found] != expected or (request["transaction"] and not expected):
            yield f"{named}: {request['status']}, {request['transaction']}; paid by {found}"
        yield from (f"{named}: {fault}" for each in found for fault in _of_payment(stored, request, each))
    if payments:
        yield f"paid for what was never asked: {payments}"


def _of_payment(stored: Stored, request: Document, transaction: Transaction) -> Iterator[str]:
    """Of what was asked for goes to whoever asked, or of a purchase to the merchant."""
    assert transaction.related is not None
    sort, debit = transaction.related[0], (request["account"], -request["amount"])
    if debit not in transaction.postings or transaction.kind != KINDS[sort]:
        yield f"{debit} is asked for, {transaction.postings} of {transaction.kind} was paid"
    for account, amount in transaction.postings:
        owner = stored.accounts[account]["owner"]
        is_merchant = owner["kind"] == "system" and owner["id"] != BELOW_ZERO
        is_theirs = (owner["kind"], owner["id"]) == ("user", request["requester_id"])
        if amount > 0 and not (is_merchant if sort == "purchase_request" else is_theirs):
            yield f"{owner} got what {request['requester_id']} asked for"


def _of_all(stored: Stored) -> Iterator[str]:
    for name in ("key", "reverses"):
        named = Counter(getattr(each, name) for each in stored.transactions.values())
        if twice := [each for each, times in named.items() if each is not None and times > 1]:
            yield f"more than one transaction of {name} {twice}"
    if strays := stored.postings.keys() - stored.transactions.keys():
        yield f"entries without a transaction: {sorted(strays)}"
    if strays := stored.entries.keys() - stored.accounts.keys():
        yield f"entries without an account: {sorted(strays)}"
    audited = {target for action, target in stored.audited if action == "tokens.paid"}
    if audited - stored.transactions.keys():
        yield f"audited, and never paid: {sorted(audited - stored.transactions.keys())}"
    if everything := sum(each.amount for entries in stored.entries.values() for each in entries):
        yield f"all entries sum to {everything}"


def _key(period: str, at: datetime) -> str:
    """Return the period's name; times are UTC, as the raw collections have them."""
    if period == "week":
        return "{}-W{:02}".format(*at.isocalendar()[:2])
    return at.date().isoformat() if period == "day" else at.date().isoformat()[:7]


def _transaction(document: Mapping[str, Any]) -> Transaction:
    postings = tuple((each["account"], each["amount"]) for each in document["postings"])
    about = document["related"]
    related = (about["type"], about["id"]) if about else None
    rest = [*(document[name] for name in ("actor", "key", "reverses", "at")), related]
    return Transaction(document["_id"], document["kind"], postings, *rest)


def _entry(document: Mapping[str, Any]) -> Entry:
    named = ("_id", "account", "seq", "kind", "amount", "balance_after", "transaction")
    values = [*(document[name] for name in named), document["actor"]["user_id"], document["at"]]
    return Entry(*values)
