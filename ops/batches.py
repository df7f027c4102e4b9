"""Working through what is due, batch after batch, each a unit of its own."""

from collections.abc import Callable

from ops import deadline
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
        left = deadline.remaining()
        if not changed or (left is not None and left < SECONDS_OF_A_BATCH):
            return done
