"""What a process uses: told by itself, since the exporter may live where it cannot see it."""

import os
import resource
import time
from pathlib import Path

from ops import process
from ops.metrics.declaring import Counter, Gauge

PAGE_BYTES = resource.getpagesize()

_cpu = Counter("process_cpu_seconds", "CPU time of the processes, also of those that have ended.", role=None)
_memory = Gauge("process_resident_memory_bytes", "Memory of the largest process.", largest=True, role=None)


class _Told:
    """How much of this process' CPU time is counted; a child after a fork begins at nothing."""

    def __init__(self) -> None:
        self._pid, self._seconds = os.getpid(), 0.0

    def more(self) -> float:
        """Return what was used since the last time."""
        used, pid = time.process_time(), os.getpid()
        before = self._seconds if pid == self._pid else 0.0
        self._pid, self._seconds = pid, used
        return max(0.0, used - before)


_told = _Told()


def tell() -> None:
    """Tell what this process uses; called now and then."""
    _cpu.inc(process.role(), by=_told.more())
    _memory.set(_resident_bytes(), process.role())


def _resident_bytes() -> float:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return float(int(pages) * PAGE_BYTES)
