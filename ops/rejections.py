"""Tokens that were not taken, by reason: counted in each process' memory, and told with its heartbeat."""

import time

from ops.metrics import access

MINUTES = 10
_counts: dict[tuple[int, str], int] = {}


def count(reason: str) -> None:
    """Count one. Without a lock: of two at the very same moment one may be lost, and it is only a figure."""
    access.token_rejections.inc(reason)
    key = (_minute(), reason)
    _counts[key] = _counts.get(key, 0) + 1


def recent() -> dict[str, int]:
    """Return how many there were in the last ten minutes, and forget those before."""
    oldest, found = _minute() - MINUTES, dict[str, int]()
    for minute, reason in list(_counts):
        if minute <= oldest:
            _counts.pop((minute, reason), None)
        else:
            found[reason] = found.get(reason, 0) + _counts[minute, reason]
    return found


def _minute() -> int:
    return int(time.monotonic() // 60)
