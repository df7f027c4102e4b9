"""Waiting until every process that lives has confirmed that it stands still for maintenance."""

import os
import socket
import time

from ops import clock
from ops.jobs import heartbeats
from ops.jobs.wellbeing import LIVES_WITHIN
from ops.maintenance import mode
from ops.mongo.collections import Document

POLL_SECONDS = 0.25


def unconfirmed() -> list[str]:
    """Return the processes that live and have not confirmed, as ``role pid on host``."""
    standing, limit = mode.standing(), clock.now() - LIVES_WITHIN
    living = [
        each
        for each in heartbeats.every()
        if "role" in each and each["seen_at"] > limit and not _was_killed(each)
    ]
    left = [each for each in living if standing is None or each.get("stands_still") != standing]
    return [heartbeats.named(each) for each in left]


def await_all(seconds: float) -> list[str]:
    """Wait until all have confirmed, but not for longer; returns those that have not."""
    until = time.monotonic() + seconds
    while (left := unconfirmed()) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return left


def _was_killed(process: Document) -> bool:
    """Tell whether a process of this machine is gone without a goodbye."""
    if process["host"] != socket.gethostname():
        return False
    try:
        os.kill(process["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
