"""Waiting for what another thread or process brings about."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Ask again and again; ``False``: it did not come true in time."""
    end = time.monotonic() + seconds
    while not (met := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return met
