"""What must hold in the ledger, and how a transaction and its entries are judged; no database.

Source: design, section 5; HTTP contract, section 18 (rules 1 to 3).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from tokens.ledger.posting import MOST
from tokens.rules import Kind

Document = Mapping[str, Any]

# A ledger that is broken through and through is told of by its first findings; all are counted.
MOST_KEPT = 200


class Invariant(StrEnum):
    """What must hold; the values name it for people and programs."""

    POSTINGS = "postings_sum_to_zero"
    AGREEMENT = "postings_and_entries_agree"
    BALANCE = "balance_is_the_sum_of_entries"
    NOT_BELOW_ZERO = "no_balance_below_zero"
    NUMBERS = "numbers_without_a_gap"
    BALANCE_AFTER = "balance_after_right_along_the_entries"
    TIME = "time_never_runs_against_numbers"
    LAST_AT = "last_at_is_the_last_entrys"
    ONE_OF_A_KEY = "one_transaction_of_a_key"
    ONE_REVERSAL = "one_reversal_of_a_transaction"
    MIRROR = "reversal_mirrors_what_it_reverses"
    FROZEN = "no_debit_while_frozen"
    CLOSED = "nothing_after_closing"
    ACCOUNT = "no_entry_without_its_account"
    SHAPE = "documents_have_their_shape"
    ROLLED_UP = "rolled_up_balance_is_the_sum_of_entries"


class Finding(NamedTuple):
    """An invariant that is broken, in a sentence, and the ids of the documents that show it."""

    invariant: Invariant
    sentence: str
    documents: tuple[str, ...]


@dataclass
class Findings:
    """What was found: how often each invariant is broken, and the first findings."""

    broken: Counter[str] = field(default_factory=Counter)
    kept: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count it, and keep it if there is room."""
        self.broken[str(finding.invariant)] += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(finding)


def of_transaction(transaction: Document, entries: Sequence[Document]) -> Iterator[Finding]:
    """Judge a transaction by itself and beside all entries that name it."""
    yield from _of_postings(transaction)
    yield from _of_agreement(transaction, entries)


def of_reversal(reversal: Document, reversed_one: Document | None) -> Iterator[Finding]:
    """Judge a transaction that says what it reverses, or should; ``None``: what it names is not there."""
    name, named = reversal["_id"], reversal.get("reverses")
    is_reversal = reversal.get("kind") == Kind.REVERSAL
    if named is None:
        if is_reversal:
            yield Finding(Invariant.MIRROR, f"{name} is a reversal and says of nothing", (name,))
        return
    documents = (name, named)
    if reversed_one is None:
        yield Finding(Invariant.MIRROR, f"{name} reverses {named}, which is not there", documents)
    elif not is_reversal or reversed_one.get("reverses") is not None:
        yield Finding(Invariant.MIRROR, f"{name} reverses {named}: one of the two may not", documents)
    elif _moves(reversal) != _moves(reversed_one, sign=-1):
        yield Finding(Invariant.MIRROR, f"{name} does not move back what {named} moved", documents)


def _of_postings(transaction: Document) -> Iterator[Finding]:
    postings = _postings(transaction)
    amounts: list[Any] = [each.get("amount") for each in postings]
    accounts = {each.get("account") for each in postings}
    wrong = []
    if len(postings) < 2:  # noqa: PLR2004  # somebody gives and somebody gets
        wrong.append(f"there are {len(postings)}")
    if len(accounts) != len(postings):
        wrong.append("two are on one account")
    # Of the types, too: a boolean or a number with a fraction is no amount of tokens.
    if not all(type(each) is int and 1 <= abs(each) <= MOST for each in amounts):
        wrong.append(f"the amounts are {amounts}")
    elif sum(amounts) != 0:
        wrong.append(f"the sum is {sum(amounts)}")
    if wrong:
        name = transaction["_id"]
        yield Finding(Invariant.POSTINGS, f"postings of {name}: {', '.join(wrong)}", (name,))


def _of_agreement(transaction: Document, entries: Sequence[Document]) -> Iterator[Finding]:
    by_account: dict[Any, list[Document]] = defaultdict(list)
    for entry in entries:
        by_account[entry.get("account")].append(entry)
    name = transaction["_id"]
    for posting in _postings(transaction):
        account = posting.get("account")
        found = by_account.pop(account, [])
        if not found:
            yield _disagreement(f"{name} has a posting on {account} and no entry of it", name)
        elif len(found) > 1:
            ids = [each["_id"] for each in found]
            yield _disagreement(f"{name} has {len(found)} entries of one posting on {account}", name, *ids)
        for entry in found:
            yield from _of_entry(transaction, posting, entry)
    for account, rest in by_account.items():
        for entry in rest:
            yield _disagreement(
                f"{entry['_id']} is of no posting: {name} has none on {account}", entry["_id"]
            )
    times = [each["at"] for each in entries if isinstance(each.get("at"), datetime)]
    if times and max(times) != transaction.get("at"):
        ids = [each["_id"] for each in entries]
        yield _disagreement(f"{name} is of another time than its latest entry", name, *ids)


def _of_entry(transaction: Document, posting: Document, entry: Document) -> Iterator[Finding]:
    name, other = entry["_id"], transaction["_id"]
    if entry.get("amount") != posting.get("amount"):
        moved = f"{entry.get('amount')}, its posting {posting.get('amount')}"
        yield _disagreement(f"{name} is of another amount than its posting: {moved}", name, other)
    if entry.get("kind") != transaction.get("kind"):
        kinds = f"{entry.get('kind')}, {other} is {transaction.get('kind')}"
        yield _disagreement(f"{name} is of another kind than its transaction: {kinds}", name, other)


def _postings(transaction: Document) -> list[Document]:
    """Return the postings, as far as they are any: what is judged here may be broken in every way."""
    postings = transaction.get("postings")
    return [each for each in postings if isinstance(each, Mapping)] if isinstance(postings, list) else []


def _moves(transaction: Document, *, sign: int = 1) -> dict[Any, Any]:
    moves = ((each.get("account"), each.get("amount")) for each in _postings(transaction))
    return {account: amount * sign for account, amount in moves if isinstance(amount, int)}


def _disagreement(sentence: str, *documents: str) -> Finding:
    return Finding(Invariant.AGREEMENT, sentence, documents)
