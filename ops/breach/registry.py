"""What apps know: where documents lie by their ids, which acts make a way in, which tokens were moved."""

from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from datetime import datetime
from typing import NamedTuple


class Movement(NamedTuple):
    """Tokens that were moved: one transaction.

    Attributes:
        id: of the transaction.
        amounts: what each account got, whole tokens; below 0: what it lost.
        families: ids of the families whose accounts these are, by account.
    """

    id: str
    at: datetime
    kind: str
    amounts: Mapping[str, int]
    families: Mapping[str, str]

    @property
    def total(self) -> int:
        """How much was moved."""
        return sum(amount for amount in self.amounts.values() if amount > 0)


class Sessions(NamedTuple):
    """Sessions in force that came from one place with one program."""

    address: str
    agent: str
    number: int
    users: int


MovementsOf = Callable[[Sequence[str]], Iterable[Movement]]
FamiliesOf = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
LiveSessions = Callable[[datetime], Sequence[Sessions]]
_collections: dict[str, str] = {}
_nouns: dict[str, str] = {}
_ways: dict[str, str] = {}
_movements: MutableSequence[MovementsOf] = []
_families: MutableSequence[FamiliesOf] = []
_sessions: MutableSequence[LiveSessions] = []


def ids(collections: Mapping[str, str]) -> None:
    """Enter in which collection documents lie, by the prefix of their ids."""
    _collections.update(collections)


def kept_in(nouns: Mapping[str, str]) -> None:
    """Enter where an act changes something, by the noun of its action, if that is not where its target lies.

    Of a change of ``rights``, for example, the target is a person, and what is changed is an account.
    """
    _nouns.update(nouns)


def ways_in(actions: Mapping[str, str]) -> None:
    """Enter actions of the audit log by which somebody gets a way in, or more rights; with words for it."""
    _ways.update(actions)


def movements_by(source: MovementsOf) -> None:
    """Enter who knows transactions by their ids."""
    _movements.append(source)


def families_by(source: FamiliesOf) -> None:
    """Enter who knows in which families users are, by their ids."""
    _families.append(source)


def sessions_by(source: LiveSessions) -> None:
    """Enter who knows the sessions in force; the most frequent first."""
    _sessions.append(source)


def collection_of(identifier: str) -> str | None:
    """Return in which collection the document of an id lies; ``None``: nobody said."""
    prefix, bar, _ = identifier.partition("_")
    return _collections.get(prefix) if bar else None


def changed_by(action: str, target: str, family_id: str | None) -> tuple[str, str] | None:
    """Return the collection that an act changed, and which document; ``None``: nobody said.

    Where the target is not the document itself, it is named by the family whose it is, or else by the target.
    """
    other = _nouns.get(action.partition(".")[0])
    if other is not None:
        return other, family_id or target
    where = collection_of(target)
    return None if where is None else (where, target)


def ways() -> Mapping[str, str]:
    """Return the actions that make a way in."""
    return _ways


def movements(transaction_ids: Sequence[str]) -> list[Movement]:
    """Return transactions, in the order of time."""
    found = [each for source in _movements for each in source(transaction_ids)] if transaction_ids else []
    return sorted(found, key=lambda each: (each.at, each.id))


def families_of(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return in which families users are now."""
    found: dict[str, list[str]] = {}
    for source in _families if user_ids else ():
        for user_id, families in source(user_ids).items():
            found.setdefault(user_id, []).extend(families)
    return found


def live_sessions(now: datetime) -> list[Sessions]:
    """Return the sessions in force by where they come from."""
    return [each for source in _sessions for each in source(now)]
