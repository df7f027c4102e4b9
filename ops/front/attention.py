"""What needs attention: registered by apps, counted each minute by a job, shown first on the front page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ops.front.where import Where
from ops.mongo.collections import Filter, collection

# As many as a list counts; where there are more, the number is told as "at least".
MOST_COUNTED = 10_000
Count = Callable[[datetime], int]


@dataclass(frozen=True)
class Attention:
    """One number that is 0 when all is well.

    Attributes:
        key: its name among the counters; never changes.
        label: of the number, in the plural: ``overdue invitations``.
        permission: who may see it, for example ``families.view_family``.
        count: how many there are at a moment; one round trip, by an index, at most ``MOST_COUNTED``.
        where: the list that shows just these to whoever may see the number.
        adds: permission and count of what only those are told of who have that permission as well.
    """

    key: str
    label: str
    permission: str
    count: Count
    where: Where
    adds: tuple[str, Count] | None = None

    @property
    def added_key(self) -> str:
        """The name of what is added, among the counters."""
        return f"{self.key}:added"


_ATTENTIONS: list[Attention] = []


def register(attention: Attention) -> None:
    """Add a number; called by an app when it is ready."""
    _ATTENTIONS.append(attention)


def every() -> list[Attention]:
    """Return all, in the order in which they were registered."""
    return list(_ATTENTIONS)


def of(name: str, query: Callable[[datetime], Filter]) -> Count:
    """Return a count of the documents of a collection that match; an index begins with the query's."""

    def count(now: datetime) -> int:
        stages: list[Filter] = [{"$match": query(now)}, {"$limit": MOST_COUNTED}, {"$count": "found"}]
        found = collection(name).aggregate(stages)
        return int(found[0]["found"]) if found else 0

    return count
