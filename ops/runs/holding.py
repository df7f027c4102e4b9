"""Holding a run: by one worker at a time, which alone records what became of its documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.runs.records import NAME, PARTS, part_id
from ops.runs.states import State

# Longer than a job may last (90 s, then its process is killed), and so than any batch.
LEASE = timedelta(minutes=2)
MOST_FIRST = 100  # of the outcomes that somebody should look at
LONGEST_SENTENCE = 300


class NotHeldError(Exception):
    """The run is another worker's by now, or its part has these outcomes already: nothing was recorded."""


@dataclass(frozen=True)
class Line:
    """What became of one document, as a run keeps it; ``result``: a word of the console's outcomes."""

    id: str
    result: str
    sentence: str
    is_well: bool

    def kept(self) -> Document:
        """Return it as a part keeps it."""
        return {"result": self.result, "sentence": self.sentence[:LONGEST_SENTENCE]}


def take(now: datetime) -> Document | None:
    """Take the run that has waited longest; ``None``: none waits."""
    due = {"state": str(State.RUNNING), "lease_until": {"$lte": now}}
    found = collection(NAME).find(due, {"_id": 1}, sort=[("lease_until", 1)], limit=1)
    if not found:
        return None
    lease = {"lease_id": new_id("lease"), "lease_until": now + LEASE}
    return collection(NAME).find_and_update({"_id": found[0]["_id"], **due}, {"$set": lease})


def keep(run: Document, now: datetime) -> Document | None:
    """Lengthen the lease for another batch; ``None``: the run was stopped, or is over, or another's."""
    held = {"_id": run["_id"], "state": str(State.RUNNING), "lease_id": run["lease_id"]}
    return collection(NAME).find_and_update(held, {"$set": {"lease_until": now + LEASE}})


def give_back(run: Document, *, until: datetime, stalled: bool = False) -> None:
    """Let the run be taken again from ``until`` on; ``stalled``: its next document could not be tried."""
    change = {"$set": {"lease_until": until, "lease_id": None}, "$inc": {"stalled": int(stalled)}}
    collection(NAME).update({"_id": run["_id"], "lease_id": run["lease_id"]}, change)


def begin(run: Document, number: int, now: datetime) -> None:
    """Note that what is left of a part is begun: should nobody record it, it may have been done."""
    collection(PARTS).update({"_id": part_id(run["_id"], number)}, {"$set": {"begun_at": now}})


@unit_of_work()
def record(run: Document, number: int, lines: Sequence[Line], *, offset: int, now: datetime) -> Document:
    """Write what became of the next documents of a part; returns the run as it is then.

    Args:
        run: as it was taken.
        number: of the part.
        lines: the outcomes, in the order of the part's ids.
        offset: how many outcomes the part had.
        now: the time.

    Raises:
        NotHeldError: nothing was written; see there.
    """
    counted: dict[str, int] = {}
    for each in lines:
        counted[f"counts.{each.result}"] = counted.get(f"counts.{each.result}", 0) + 1
    amiss = [{"id": each.id, **each.kept()} for each in lines if not each.is_well]
    change = {
        "$inc": {"position": len(lines), **counted},
        "$push": {"first": {"$each": amiss, "$slice": MOST_FIRST}},
        "$set": {"stalled": 0},
    }
    held = {"_id": run["_id"], "lease_id": run["lease_id"], "state": {"$ne": str(State.DONE)}}
    after = collection(NAME).find_and_update(held, change)
    entered = collection(PARTS).update(
        {"_id": part_id(run["_id"], number), "outcomes": {"$size": offset}},
        {"$push": {"outcomes": {"$each": [each.kept() for each in lines]}}, "$unset": {"begun_at": ""}},
    )
    if after is None or not entered:
        raise NotHeldError
    if after["position"] < after["total"]:
        return after
    over = {"state": str(State.DONE), "stopped": None, "over_at": now, "lease_id": None}
    collection(NAME).update({"_id": run["_id"]}, {"$set": over})
    return {**after, **over}
