"""The gate of a process: what is at work inside is counted, so that it can be told when all of it has ended.

The invariant. Once a process has confirmed a time of maintenance, nothing of it writes until that is over:
work is counted before it looks whether it may begin, and whoever confirms looks at the count after it has
seen that nothing may begin; so of the two at least one sees the other.
"""

import contextlib
import threading
from collections.abc import Iterator

from ops.maintenance import mode


class Gate:
    """Counts what is at work in this process."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counting = threading.Lock()
        self._at_work = 0

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """Do something that may write.

        Raises:
            MaintenanceError: nothing may begin now.
        """
        self._count(1)
        try:
            mode.refuse()
            yield
        finally:
            self._count(-1)

    def is_idle(self) -> bool:
        """Tell whether nothing is at work."""
        return self._at_work == 0

    def _count(self, difference: int) -> None:
        with self._counting:
            self._at_work += difference


gate = Gate()
