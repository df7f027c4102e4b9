"""Working through what is due, batch after batch, each a unit of its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ops import deadline
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import UnitGaveUpError

# A call of the API has 3 s for all batches; it leaves the rest to the next call.
SECONDS_OF_A_BATCH = 1.0


def in_batches(some: Callable[[], int]) -> int:
    """Call ``some`` until it finds nothing more, or there is no time left; returns the sum of what it did.

    Any number of jobs may do so at once and stop at any moment: what is left is found again.
    """
    done = 0
    while True:
        try:
            changed = some()
        except UnitGaveUpError:  # another job is at it, and quicker
            return done
        done += changed
        if not changed or is_late():
            return done


def in_order(name: str, query: Mapping[str, Any], act: Callable[[Sequence[str]], int], *, size: int) -> int:
    """Act on all documents that match, by ids in their order, each looked at once; returns the sum.

    For what stays in the collection, and in the way of a search for the rest. What is in conflict with others
    for too long is left for another call, as is what comes when there is no time left.
    """
    done, last = 0, ""
    while True:
        wanted = {"$and": [{"_id": {"$gt": last}}, query]}
        found = collection(name).find(wanted, {"_id": 1}, sort=[("_id", 1)], limit=size)
        if not found:
            return done
        ids = [each["_id"] for each in found]
        with suppress(UnitGaveUpError):
            done += act(ids)
        last = ids[-1]
        if is_late():
            return done


def is_late() -> bool:
    """Tell whether there is too little time left for another batch."""
    left = deadline.remaining()
    return left is not None and left < SECONDS_OF_A_BATCH
