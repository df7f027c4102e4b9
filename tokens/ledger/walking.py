"""A stretch of accounts and of all entries whose ids lie in it, both in the order of their ids.

Ids of entries begin with the account's, and none of those is the beginning of another, so the entries lie in
the order of their accounts. Source: design, section 4.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from ops.mongo.collections import Document
from tokens.ledger.chains import Chain, Interval, Tally, malformed, number_of, tally_of
from tokens.ledger.invariants import Finding, Findings, Invariant
from tokens.ledger.posting import is_system
from tokens.ledger.reading import Reader

Walked: TypeAlias = Chain | Tally

ACCOUNT_SHAPE = {"balance": int, "seq": int, "status": str, "owner": dict, "updated_at": datetime}


def walked(account: Document) -> Walked:
    """Begin with an account, before its first entry."""
    return tally_of(account) if is_system(account) else Chain(account["_id"])


@dataclass
class Stretch:
    """The accounts to come, and the one whose entries are being taken.

    Attributes:
        current: what is known of that one; ``None``: there is none, or the account of these entries is not
            one of this stretch.
        ended: how many accounts are done.
        last: id of the last of them.
    """

    reader: Reader
    findings: Findings
    accounts: Sequence[Document]
    current: Walked | None = None
    ended: int = 0
    last: str = ""
    _account: Document = field(default_factory=dict)
    _strange: tuple[str, bool] = ("", True)

    def __post_init__(self) -> None:
        """Look when the accounts were frozen; ``current``, if it is given, is of the first."""
        self._frozen: Mapping[str, list[Interval]] = self.reader.frozen(self.accounts)
        self._waiting = deque(self.accounts)
        if self.current is not None:
            self._account = self._waiting.popleft()

    def within(self) -> dict[str, Any] | None:
        """Return the account whose entries are being taken, as it was read, and what is known of it."""
        return {"account": self._account, "known": asdict(self.current)} if self.current else None

    def take(self, entry: Document) -> None:
        """Take the next entry."""
        account_id = entry["_id"].rpartition(":")[0]
        if self.current is None or self.current.account != account_id:
            self._go_to(account_id)
        if isinstance(self.current, Tally):
            found = self.current.take(entry)
        elif self.current is not None:
            found = self.current.take(entry, self._account, self._frozen.get(account_id, []))
        else:
            self._take_strange(account_id, entry)
            return
        for each in found:
            self.findings.add(each)

    def finish(self) -> None:
        """End with the accounts that are left: they have no entries."""
        self._end()
        while self._waiting:
            self._begin(self._waiting.popleft())
            self._end()

    def _go_to(self, account_id: str) -> None:
        self._end()
        while self._waiting and self._waiting[0]["_id"] < account_id:
            self._begin(self._waiting.popleft())
            self._end()
        if self._waiting and self._waiting[0]["_id"] == account_id:
            self._begin(self._waiting.popleft())

    def _begin(self, account: Document) -> None:
        if fault := malformed(account, ACCOUNT_SHAPE):
            self.findings.add(fault)
            self.ended, self.last = self.ended + 1, account["_id"]
        else:
            self._account, self.current = account, walked(account)

    def _end(self) -> None:
        current, self.current = self.current, None
        if current is None:
            return
        self.ended, self.last = self.ended + 1, current.account
        found = current.end() if isinstance(current, Tally) else current.end(self._account)
        for each in found:
            self.findings.add(each)
        if isinstance(current, Chain) and current.beyond:
            self._look_beyond(current.account, current.beyond)

    def _look_beyond(self, account_id: str, entry_id: str) -> None:
        """Look whether the account has gone on to where its entries are by now: it was read before them."""
        account = self.reader.account(account_id)
        if account is None or account["seq"] < (number_of(entry_id) or 0):
            seq = account["seq"] if account else "gone"
            said = f"{entry_id} is beyond its account's number, {seq}"
            self.findings.add(Finding(Invariant.NUMBERS, said, (account_id, entry_id)))

    def _take_strange(self, account_id: str, entry: Document) -> None:
        """Take an entry of an account that was not there: by now it is, if it was opened since."""
        if self._strange[0] != account_id:
            self._strange = (account_id, self.reader.account(account_id) is not None)
        if not self._strange[1]:
            name = entry["_id"]
            said = f"{name} is of {account_id}, and there is no such account"
            self.findings.add(Finding(Invariant.ACCOUNT, said, (name,)))
