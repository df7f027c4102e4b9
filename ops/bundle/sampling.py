"""How busy the machine is, looked at several times within seconds; nothing remembers the last hour."""

import time
from collections.abc import Mapping
from typing import NamedTuple

import psutil

SAMPLES, BETWEEN_SECONDS = 12, 0.25


class Sample(NamedTuple):
    """Shares of a short while, in per cent."""

    busy: float
    waiting: float
    memory: float


def sample() -> list[Sample]:
    """Return the samples, in order."""
    found, before = [], psutil.cpu_times()
    for _ in range(SAMPLES):
        time.sleep(BETWEEN_SECONDS)
        after = psutil.cpu_times()
        found.append(_between(before._asdict(), after._asdict()))
        before = after
    return found


def _between(before: Mapping[str, float], after: Mapping[str, float]) -> Sample:
    spent = {name: max(0.0, after[name] - before[name]) for name in after if not name.startswith("guest")}
    whole = sum(spent.values()) or 1.0
    waiting = spent.get("iowait", 0.0)
    busy = whole - spent["idle"] - waiting
    return Sample(100 * busy / whole, 100 * waiting / whole, psutil.virtual_memory().percent)
