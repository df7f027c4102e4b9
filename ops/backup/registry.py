"""What others enter of themselves: what a restore does not turn back, what follows it, and what proves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from ops.mongo.collections import Filter

# Something that follows a restore; it may be done again.
FollowUp: TypeAlias = Callable[[], object]
# Looks at the whole of what it knows in the product's database; returns a sentence for each fault.
Proof: TypeAlias = Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Lasting:
    """Fields that stay as they are in the database, in documents that are also in the backup.

    Attributes:
        which: the documents of the database that it holds for, given the moment of the backup.
        fields: ``None``: all.
    """

    collection: str
    which: Callable[[datetime], Filter]
    fields: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Ended:
    """Documents of the backup that are changed before anybody sees them, given the time of the restore."""

    collection: str
    which: Filter
    change: Callable[[datetime], Mapping[str, Any]]


@dataclass
class _Entered:
    lasting: list[Lasting] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    follow_ups: dict[str, FollowUp] = field(default_factory=dict)
    proofs: dict[str, Proof] = field(default_factory=dict)


entered = _Entered()


def stays(collection: str, *fields: str, which: Callable[[datetime], Filter] = lambda _as_of: {}) -> None:
    """Enter fields that a restore leaves as they are; none: all of the documents."""
    entered.lasting.append(Lasting(collection, which, fields or None))


def ends(collection: str, which: Filter, change: Callable[[datetime], Mapping[str, Any]]) -> None:
    """Enter documents that end by a restore; ``change``: what is set in them."""
    entered.ended.append(Ended(collection, which, change))


def follows(name: str, follow_up: FollowUp) -> None:
    """Enter what follows a restore; it is let through maintenance."""
    entered.follow_ups[name] = follow_up


def proves(name: str, proof: Proof) -> None:
    """Enter what tells whether restored documents hold together."""
    entered.proofs[name] = proof
