"""The chain as far as it concerns a family: its entries of a time, each proven, and their numbers.

An entry has a number among those of its family, too, so that what is missing is known without a look at the
entries of all others. Nobody is told a hash that ought to be: with it, who can write into the database could
make an altered entry look right. What is told are fingerprints, of which two are equal where the hashes are.

Source: HTTP contract, section 13 (integrity check).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from ops.audit import chain, keys
from ops.audit.chain import Form
from ops.audit.run import SOON
from ops.audit.sealing import LOG, heads
from ops.models.audit import BY_FAMILY, BY_FAMILY_NUMBER
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

# What one call can go through in its 3 s: less than one on a busy machine.
MOST_CHECKED = 5000


class Corrupted(NamedTuple):
    """An entry that is not what was sealed; fingerprints: ``None`` where there is nothing to tell."""

    entry: str
    expected: str | None = None
    actual: str | None = None


@dataclass
class Checked:
    """What was found.

    Attributes:
        since: from when on; later than asked for where there was more than one call goes through.
        until: until when.
        count: how many entries were proven.
        corrupted: those that are not right.
        missing: numbers of the family's entries that are gone.
        head: ``{seq, hash}`` of the family's last entry, as kept apart; ``None``: there is none.
        is_head_right: whether that is as it was written, and is what there should be.
    """

    since: datetime
    until: datetime
    count: int = 0
    corrupted: list[Corrupted] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    head: Mapping[str, Any] | None = None
    is_head_right: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.is_head_right and not self.corrupted and not self.missing


@unit_of_work()
def check(family_id: str, since: datetime, until: datetime, *, now: datetime) -> Checked:
    """Prove a family's entries from a time on and before another, the newest of them if there are many."""
    entries = _entries(family_id, {"$gte": since, "$lt": until}, MOST_CHECKED + 1)
    if len(entries) > MOST_CHECKED:
        entries.pop()
        since = entries[-1]["at"]
    before = _entries(family_id, {"$lt": since}, 1, sealed={"$gt": 0})
    found = Checked(since, until)
    sealed = []
    for entry in entries:
        if entry.get("seq") is not None:
            sealed.append(entry)
            found.corrupted += _faults(chain.form_of(entry))
        elif entry["at"] <= now - SOON:
            found.corrupted.append(Corrupted(entry["_id"]))
    found.count = len(sealed)
    _compare_with_head(family_id, found, [*sealed, *before])
    last = found.head["seq"] if found.head and until > now else 0
    _compare_numbers(family_id, found, [*sealed, *before], first=_number(before) + 1, last=last)
    return found


def _faults(entry: Form) -> Iterator[Corrupted]:
    """Say what is wrong with a sealed entry, taken alone."""
    name, key = str(entry["_id"]), chain.key_for(entry, keys.known())
    if key is None:
        yield Corrupted(name, None, _fingerprint(entry.get("hash")))
        return
    right = chain.hash_of(entry, key)
    if right != entry.get("hash"):
        yield Corrupted(name, _fingerprint(right), _fingerprint(entry.get("hash")))
    elif not chain.is_private_whole(entry, key):
        digests = chain.private_digest(entry, key), entry["private_digest"]
        yield Corrupted(name, *map(_fingerprint, digests))


def _compare_with_head(family_id: str, found: Checked, sealed: Sequence[Document]) -> None:
    stored = heads([family_id]).get(family_id)
    if stored is None:
        found.is_head_right = not sealed
        return
    found.is_head_right = chain.is_head_sound(chain.form_of(stored), keys.known())
    if found.is_head_right:
        found.head = {"seq": stored["seq"], "hash": stored["hash"]}
        same = [each for each in sealed if each.get("family_seq") == stored["seq"]]
        found.is_head_right = all(each.get("hash") == stored["hash"] for each in same)


def _compare_numbers(
    family_id: str, found: Checked, entries: Sequence[Document], *, first: int, last: int
) -> None:
    """Look for numbers that no entry has, and for numbers that do not rise with those of the chain."""
    in_order = sorted(entries, key=lambda each: chain.number_of(each.get("seq")) or 0)
    numbers = [chain.number_of(each.get("family_seq")) or 0 for each in in_order]
    for entry, number, follows in zip(in_order[1:], numbers[1:], numbers[:-1], strict=True):
        if number <= follows:
            found.corrupted.append(Corrupted(entry["_id"]))
    present = set(numbers)
    span = range(min([first, *numbers]), max([last, *numbers]) + 1)
    absent = list(islice((number for number in span if number and number not in present), MOST_CHECKED))
    elsewhere = _with_numbers(family_id, absent) if absent else set()
    found.missing = [number for number in absent if number not in elsewhere]


def _with_numbers(family_id: str, numbers: Sequence[int]) -> set[int]:
    """Return those of the numbers that some entry has; one that was sealed late bears an earlier time."""
    found = collection(LOG).aggregate(
        [
            {"$match": {"family_id": family_id, "family_seq": {"$in": list(numbers), "$gt": 0}}},
            {"$limit": len(numbers)},
            {"$project": {"family_seq": 1}},
        ],
        hint=BY_FAMILY_NUMBER.directions,
    )
    return {each["family_seq"] for each in found}


def _entries(
    family_id: str, times: Mapping[str, Any], most: int, *, sealed: Mapping[str, Any] | None = None
) -> list[Document]:
    numbered = {} if sealed is None else {"seq": sealed}
    return collection(LOG).aggregate(
        [
            {"$match": {"family_id": family_id, "at": dict(times), **numbered}},
            {"$sort": {"at": -1}},
            {"$limit": most},
        ],
        hint=BY_FAMILY.directions,
    )


def _number(entries: Sequence[Document]) -> int:
    return (chain.number_of(entries[0].get("family_seq")) or 0) if entries else 0


def _fingerprint(digest: Any) -> str | None:
    return hashlib.sha256(digest.encode()).hexdigest() if isinstance(digest, str) else None
