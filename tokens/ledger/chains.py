"""An account's entries, taken one by one in the order of their numbers; no database.

Of an account it keeps a handful of figures, however many entries there are. What the account's document says
is compared once all are taken up to the number that it had when it was read.

Source: design, section 5; HTTP contract, section 18 (rules 1 and 3).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tokens.ledger.invariants import Finding, Invariant
from tokens.ledger.posting import SEQ_DIGITS
from tokens.models.system import ISSUANCE_ID
from tokens.rules import AccountStatus

Document = Mapping[str, Any]

# An entry is committed at most so long after the time that it bears: a call's unit of work takes 3 s, a job's
# time for all its units 45 s, and the clocks of two servers differ by some seconds.
SETTLED = timedelta(seconds=60)
# Actions of the audit log.
FREEZE, OPENING = "account.frozen", "account.unfrozen"
# What an entry is related to that belongs to the correction of a balance.
CORRECTION = "correction"
# So many entries with a wrong balance are held back until a correction may come.
MOST_OPEN = 100
# What is computed with. The rest of a document breaks nothing here.
SHAPE: Mapping[str, type] = {
    "account": str,
    "amount": int,
    "transaction": str,
    "at": datetime,
}


class Interval(NamedTuple):
    """A time in which an account was frozen; ``end``: ``None``, it is still."""

    start: datetime
    end: datetime | None

    def surely_holds(self, moment: datetime) -> bool:
        """Tell whether something of this time was committed in it, however late."""
        return self.start + SETTLED < moment and (self.end is None or moment < self.end - SETTLED)


@dataclass
class Chain:
    """What is known of an account after some of its entries.

    Attributes:
        account: its id.
        last: id of the last entry that was taken.
        seq: its number.
        total: sum of all amounts.
        balance_after: as the last entry has it.
        at: time of the last entry.
        beyond: id of the last entry after the number that the account had when it was read: most likely it
            was posted since.
        wrong: id and sentence of entries whose ``balance_after`` was wrong, none of which was followed by a
            correction yet: entries stay as they are, so a correction is all that can be done about them.
    """

    account: str
    last: str = ""
    seq: int = 0
    total: int = 0
    balance_after: int = 0
    at: datetime | None = None
    beyond: str | None = None
    wrong: list[list[str]] = field(default_factory=list)

    def take(self, entry: Document, account: Document, frozen: Sequence[Interval]) -> Iterator[Finding]:
        """Take the next entry, and say what is wrong with it."""
        name = entry["_id"]
        number = number_of(name)
        if number is not None and number > account["seq"]:
            self.beyond = name
            return
        self.last = name
        if number is None or entry.get("seq") != number or entry.get("account") != self.account:
            said = f"number {entry.get('seq')} of {entry.get('account')}"
            yield Finding(Invariant.NUMBERS, f"{name} says that it is {said}", (name,))
        if number is not None and number != self.seq + 1:
            yield Finding(Invariant.NUMBERS, f"{name} follows number {self.seq}", (self.account, name))
        self.seq = self.seq if number is None else number
        if faults := malformed(entry, {**SHAPE, "balance_after": int}):
            yield faults
            return
        yield from self._of_balance(entry)
        yield from self._of_time(entry, account, frozen)
        self.at = entry["at"]

    def end(self, account: Document) -> Iterator[Finding]:
        """Compare what the account says with its entries."""
        name, balance = self.account, account["balance"]
        documents = (name, self.last) if self.last else (name,)
        yield from (Finding(Invariant.BALANCE_AFTER, said, (entry,)) for entry, said in self.wrong)
        if account["seq"] != self.seq:
            said = f"{name} is at number {account['seq']}, its entries end with {self.seq}"
            yield Finding(Invariant.NUMBERS, said, documents)
        if balance != self.total:
            said = f"{name} has {balance}, the sum of its entries is {self.total}"
            yield Finding(Invariant.BALANCE, said, (name,))
        if balance != self.balance_after:
            said = f"{name} has {balance}, its last entry says {self.balance_after}"
            yield Finding(Invariant.BALANCE, said, documents)
        if balance < 0:
            yield Finding(Invariant.NOT_BELOW_ZERO, f"{name} has {balance}", (name,))
        if account.get("last_at") != self.at:
            said = f"{name} says {_said(account.get('last_at'))}, its last entry {_said(self.at)}"
            yield Finding(Invariant.LAST_AT, said, documents)
        if account["status"] == AccountStatus.CLOSED and balance != 0:
            yield Finding(Invariant.CLOSED, f"{name} is closed with {balance} on it", (name,))

    def _of_balance(self, entry: Document) -> Iterator[Finding]:
        name, after = entry["_id"], entry["balance_after"]
        self.total += entry["amount"]
        # Either is right: what is wrong once is then told once, and not of every entry that follows.
        if after not in {self.balance_after + entry["amount"], self.total}:
            said = f"{name} is of {entry['amount']} after {self.balance_after}, and says {after}"
            if len(self.wrong) < MOST_OPEN:
                self.wrong.append([name, said])
            else:
                yield Finding(Invariant.BALANCE_AFTER, said, (name,))
        elif after == self.total and _is_correction(entry):
            self.wrong.clear()
        if after < 0:
            yield Finding(Invariant.NOT_BELOW_ZERO, f"{name} leaves {after}", (self.account, name))
        self.balance_after = after

    def _of_time(self, entry: Document, account: Document, frozen: Sequence[Interval]) -> Iterator[Finding]:
        name, moment, corrects = entry["_id"], entry["at"], _is_correction(entry)
        if self.at is not None and moment < self.at:
            said = f"{name} is of {_said(moment)}, the one before of {_said(self.at)}"
            yield Finding(Invariant.TIME, said, (name,))
        if entry["amount"] < 0 and not corrects and any(each.surely_holds(moment) for each in frozen):
            said = f"{name} is a debit of {_said(moment)}, when {self.account} was frozen"
            yield Finding(Invariant.FROZEN, said, (self.account, name))
        if (
            account["status"] == AccountStatus.CLOSED
            and not corrects
            and moment > account["updated_at"] + SETTLED
        ):
            said = f"{name} is of {_said(moment)}, after {self.account} was closed"
            yield Finding(Invariant.CLOSED, said, (self.account, name))


@dataclass
class Tally:
    """The sum of a system account's entries up to where its balance has been rolled up.

    Attributes:
        account: its id.
        balance: as it was when the account was read.
        until_at, until: time and id of the last entry that is in it; ``None``: none is.
        last: id of the last entry that was taken.
        total: sum of the amounts that are in the balance.
    """

    account: str
    balance: int
    until_at: datetime | None
    until: str | None
    last: str = ""
    total: int = 0

    def take(self, entry: Document) -> Iterator[Finding]:
        """Take an entry, in whatever order they come, and say what is wrong with it."""
        name = self.last = entry["_id"]
        if faults := malformed(entry, SHAPE):
            yield faults
            return
        if name != f"{entry['account']}:{entry['transaction']}" or entry["account"] != self.account:
            said = f"{name} says that it is of {entry['account']} and {entry['transaction']}"
            yield Finding(Invariant.NUMBERS, said, (name,))
        is_in = self.until_at is not None and (entry["at"], name) <= (self.until_at, str(self.until))
        self.total += entry["amount"] if is_in else 0

    def end(self) -> Iterator[Finding]:
        """Compare what the account said with its entries."""
        if self.balance != self.total:
            until = f"until {_said(self.until_at)}" if self.until_at else "none of which was rolled up"
            said = f"{self.account} has {self.balance}, the sum of its entries is {self.total}, {until}"
            yield Finding(Invariant.ROLLED_UP, said, (self.account, *((self.until,) if self.until else ())))
        if self.total < 0 and self.account != ISSUANCE_ID:
            yield Finding(Invariant.NOT_BELOW_ZERO, f"{self.account} has {self.total}", (self.account,))


def tally_of(account: Document) -> Tally:
    """Begin with a system account as it was read."""
    until = account.get("rolled_up") or {}
    return Tally(account["_id"], account["balance"], until.get("at"), until.get("entry"))


def number_of(entry_id: str) -> int | None:
    """Return the number in an entry's id; ``None``: it has none as entries of people's accounts have."""
    number = entry_id.rpartition(":")[2]
    return int(number) if len(number) == SEQ_DIGITS and number.isdecimal() else None


def malformed(document: Document, shape: Mapping[str, type]) -> Finding | None:
    """Say which fields are of another type than they must be; ``None``: none is."""
    name = str(document["_id"])
    wrong = [
        each
        for each, kind in shape.items()
        if not isinstance(document.get(each), kind) or isinstance(document.get(each), bool)
    ]
    return (
        Finding(Invariant.SHAPE, f"{name} is not as it must be: {', '.join(wrong)}", (name,))
        if wrong
        else None
    )


def _is_correction(entry: Document) -> bool:
    related = entry.get("related")
    return isinstance(related, Mapping) and related.get("type") == CORRECTION


def intervals(changes: Sequence[Document]) -> list[Interval]:
    """Return when an account was frozen, of its audit entries.

    The first freeze ends with the first opening, and so on, whatever the clocks of two servers say of their
    order.
    """
    freezes = sorted(each["at"] for each in changes if each["action"] == FREEZE)
    openings = sorted(each["at"] for each in changes if each["action"] == OPENING)
    ends = [*openings, *[None] * len(freezes)]
    return [Interval(start, end) for start, end in zip(freezes, ends, strict=False)]


def _said(moment: datetime | None) -> str:
    return "never" if moment is None else moment.isoformat(timespec="milliseconds")
