"""Verifying the chain of the audit log: every entry is read, and judged beside the one before it.

It holds a page of entries at a time, however many there are, and may run while entries are written and
sealed.

Source: design, section 5; HTTP contract, section 13.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from pymongo.errors import PyMongoError

from ops.audit import chain, keys, reading
from ops.audit.chain import GENESIS
from ops.audit.reading import EVERYTHING, Scope
from ops.audit.run import SOON, Fault, Finding, Findings, Run, missing
from ops.mongo.collections import Document

__all__ = ["EVERYTHING", "Scope"]

NUMBER = {"seq": 1, "at": 1}


class AuditLogUnreadableError(RuntimeError):
    """The database could not be asked, so nothing is known."""


class Span(NamedTuple):
    """Numbers of the chain; ``last``: ``None``, up to its head."""

    first: int
    last: int | None


@dataclass
class Verification:
    """How far it has come, and what was found.

    Attributes:
        sealed, waiting: entries that have a number, and those that will have one soon.
        blanked: sealed entries whose private part is blank by now.
        first, last: numbers between which the chain was gone through.
    """

    findings: Findings = field(default_factory=Findings)
    sealed: int = 0
    waiting: int = 0
    blanked: int = 0
    first: int = 0
    last: int = 0


Tell: TypeAlias = Callable[[Verification], None]


def verify(scope: Scope, *, now: datetime, tell: Tell) -> Verification:
    """Verify the chain, or a part of it: what lies before is taken as right. ``tell`` hears how far it is.

    Raises:
        AuditLogUnreadableError, DatabaseUnavailableError: the database cannot be asked.
    """
    found = Verification()
    try:
        scan = Scan(now)
        for _, finding in scan.through(scope):
            found.findings.add(finding)
        found.waiting, (found.first, last) = scan.waiting, scan.span(scope)
        run = Run(keys.known(), found.first - 1, GENESIS if found.first == 1 else None)
        if last is None:
            _to_the_head(run, found, tell)
        else:
            _take(run, last, found, tell)
            if run.seq < last:
                found.findings.add(missing(run.seq + 1, last))
    except PyMongoError as error:
        raise AuditLogUnreadableError(type(error).__name__) from error
    return found


@dataclass
class Scan:
    """A look at the numbers of all entries of a scope.

    Attributes:
        now: the time; what is older than a minute should be sealed.
        waiting: how many are not sealed, and need not be yet.
        lowest, highest: the least and the greatest number; ``None``: no entry has one.
    """

    now: datetime
    waiting: int = 0
    lowest: int | None = None
    highest: int | None = None

    def through(self, scope: Scope) -> Iterator[tuple[Document, Finding]]:
        """Yield id and number of each entry that has none as a seal gives it, and what is wrong with that."""
        for page in reading.every(scope, NUMBER):
            for each in page:
                number = chain.number_of(each.get("seq"))
                if number is not None:
                    self.lowest = min(number, self.lowest or number)
                    self.highest = max(number, self.highest or number)
                elif finding := self._judged(each):
                    yield each, finding

    def span(self, scope: Scope) -> Span:
        """Return the numbers that the scope has, those included that are missing at its ends."""
        before, after = reading.numbers_beside(scope)
        first = 1 if scope.since is None else (before or 0) + 1
        last = None if after is None else max(after - 1, self.highest or 0)
        return Span(min(first, self.lowest or first), last)

    def _judged(self, entry: Document) -> Finding | None:
        name, number, at = str(entry["_id"]), entry.get("seq"), entry.get("at")
        if number is not None:
            return Finding(Fault.INSERTED, f"{name} has the number {number}, which no seal gives", name)
        if isinstance(at, datetime) and at > self.now - SOON:
            self.waiting += 1
            return None
        return Finding(Fault.UNSEALED, f"{name} should have been sealed", name)


def _to_the_head(run: Run, found: Verification, tell: Tell) -> None:
    """Take all entries up to the head as it is now; what is sealed meanwhile is of no interest."""
    stored = reading.head()
    head = None if stored is None else chain.form_of(stored)
    number = stored["seq"] if stored and head and chain.is_head_sound(head, run.keys) else None
    _take(run, number, found, tell)
    for finding in run.end(head):
        found.findings.add(finding)
    if number is not None and (last := reading.beyond(number)):
        said = f"the chain goes on to number {last}, its head says {number}"
        found.findings.add(Finding(Fault.HEAD, said))


def _take(run: Run, last: int | None, found: Verification, tell: Tell) -> None:
    for page in reading.numbered(run.seq + 1, last):
        for each in page:
            for finding in run.take(chain.form_of(each)):
                found.findings.add(finding)
        found.sealed += len(page)
        found.blanked, found.last = run.blanked, run.seq
        tell(found)
    found.last = run.seq
