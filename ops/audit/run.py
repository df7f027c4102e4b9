"""A run of audit entries, taken one by one by their numbers, and what is wrong with it; no database.

Of what was taken it keeps a number and a hash, however much that was.

Source: design, section 5; HTTP contract, section 13.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from ops.audit import chain
from ops.audit.chain import GENESIS, Form, Keys

MOST_KEPT = 100
# The job that seals comes by every few seconds. What waits longer is an alarm.
SOON = timedelta(minutes=1)


class Fault(StrEnum):
    """What can be wrong."""

    ALTERED = "altered"  # it is not what was sealed
    PRIVATE = "private_altered"  # its private part is neither what was sealed nor blank
    MISSING = "missing"  # there is none of this number
    INSERTED = "inserted"  # it has another's number, or none that a seal gives
    REORDERED = "reordered"  # it was sealed after another one than the one before it
    CUT_OFF = "cut_off"  # the chain went on
    HEAD = "head_altered"  # the head is gone, changed, or of another chain
    UNSEALED = "unsealed"  # it should have been sealed
    UNKNOWN_KEY = "unknown_key"  # no key of the settings sealed it


class Finding(NamedTuple):
    """One thing that is wrong: where, in a sentence; ``entry``: the id of the entry, if there is one."""

    fault: Fault
    sentence: str
    entry: str | None = None


@dataclass
class Findings:
    """What was found: all of it counted, the first kept."""

    broken: Counter[Fault] = field(default_factory=Counter)
    kept: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take one in."""
        self.broken[finding.fault] += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(finding)


@dataclass
class Run:
    """What is known after some entries.

    Attributes:
        keys: that may have sealed them.
        seq: number of the last one.
        hash: of the last one; ``None``: nobody knows, so the next may follow whatever it says.
        blanked: how many have no private part any more.
    """

    keys: Keys
    seq: int = 0
    hash: str | None = GENESIS
    blanked: int = 0

    def take(self, entry: Form) -> Iterator[Finding]:
        """Take the next entry, and say what is wrong with it."""
        name, number = str(entry.get("_id")), chain.number_of(entry.get("seq"))
        if number is None:
            yield Finding(Fault.INSERTED, f"{name} has no number of the chain", name)
            return
        if number <= self.seq:
            yield Finding(Fault.INSERTED, f"{name} has the number {number}, as another has", name)
            return
        if number > self.seq + 1:
            yield missing(self.seq + 1, number - 1)
            self.hash = None
        yield from self._of_seal(entry, name)
        if self.hash not in {None, entry.get("previous")}:
            said = f"{name}, number {number}, was sealed after another one than number {self.seq}"
            yield Finding(Fault.REORDERED, said, name)
        self.seq, self.hash = number, str(entry.get("hash"))

    def end(self, head: Form | None) -> Iterator[Finding]:
        """Compare the last entry with what is kept of it elsewhere; ``None``: nothing is."""
        if head is None:
            if self.seq:
                yield Finding(Fault.HEAD, f"the chain ends with number {self.seq}, and has no head")
            return
        number = chain.number_of(head.get("seq"))
        if number is None or not chain.is_head_sound(head, self.keys):
            yield Finding(Fault.HEAD, "the chain's head is not as it was written")
        elif number > self.seq:
            said = f"the chain ends with number {self.seq}, and went on to {number}"
            yield Finding(Fault.CUT_OFF, said)
        elif number < self.seq:
            yield Finding(Fault.HEAD, f"the chain goes on to number {self.seq}, its head says {number}")
        elif self.hash not in {None, head.get("hash")}:
            yield Finding(Fault.HEAD, f"number {number} is not the entry that the chain's head is of")

    def _of_seal(self, entry: Form, name: str) -> Iterator[Finding]:
        key = chain.key_for(entry, self.keys)
        if key is None:
            yield Finding(Fault.UNKNOWN_KEY, f"{name} was sealed by a key that is not in the settings", name)
            return
        if chain.hash_of(entry, key) != entry.get("hash"):
            yield Finding(Fault.ALTERED, f"{name}, number {entry['seq']}, is not what was sealed", name)
        if not chain.is_private_whole(entry, key):
            said = f"{name}, number {entry['seq']}: its private part is not what was sealed"
            yield Finding(Fault.PRIVATE, said, name)
        self.blanked += chain.is_blanked(entry, key)


def missing(first: int, last: int) -> Finding:
    """Say that there are no entries of these numbers."""
    which = f"number {first} is" if first == last else f"numbers {first} to {last} are"
    return Finding(Fault.MISSING, f"{which} missing")
