"""What is counted by the hour: registered by apps, kept by a job, drawn on the front page.

Kept are quarters of hours, so that the day and the hours of any time zone can be made of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ops.front.where import Where, list_of
from ops.mongo.collections import Filter, collection

# Far beyond what a day brings; a read without an end could hold the job up for ever.
MOST_COUNTED = 5_000_000
DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
QUARTERS = DAY // QUARTER


@dataclass(frozen=True)
class Series:
    """Documents of a collection by the hour of their time.

    Attributes:
        key: its name among the counters; never changes.
        label: what is counted, in the plural: ``families founded``.
        permission: who may see it.
        name: of the collection.
        time: the field of the documents' time; an index begins with it, or with ``filters`` and then it.
        model: label of the list of the documents, which has a filter by ``time``.
        filters: which documents count; the list takes the same as its parameters.
        sums: a field to be added up in place of counting documents.
        settles: what is counted anew as a whole until it is over: a document's time may move within it.
    """

    key: str
    label: str
    permission: str
    name: str
    time: str
    model: str
    filters: Mapping[str, str] = field(default_factory=dict)
    sums: str | None = None
    settles: timedelta = QUARTER

    def where(self, period: str) -> Where:
        """Return the list of what was counted in a period, as the filter by time takes it."""
        return list_of(self.model, **self.filters, **{self.time: period})

    def counted(self, start: datetime, end: datetime) -> dict[datetime, int]:
        """Return the numbers of the quarters that had anything, by when they began."""
        wanted: dict[str, Any] = {**self.filters, self.time: {"$gte": start, "$lt": end}}
        number: Any = 1 if self.sums is None else f"${self.sums}"
        quarter = {"date": f"${self.time}", "unit": "minute", "binSize": QUARTER // timedelta(minutes=1)}
        stages: list[Filter] = [
            {"$match": wanted},
            {"$limit": MOST_COUNTED},
            {"$group": {"_id": {"$dateTrunc": quarter}, "number": {"$sum": number}}},
        ]
        return {each["_id"]: int(each["number"]) for each in collection(self.name).aggregate(stages)}


_SERIES: list[Series] = []


def register(*series: Series) -> None:
    """Add an app's series; called by the app when it is ready."""
    _SERIES[:0] = series


def every() -> list[Series]:
    """Return all; those of apps that stand on others, and so are nearer to people, come first."""
    return list(_SERIES)
