"""Who uses the processors: seconds of them, by what a process is for."""

from collections import defaultdict
from collections.abc import Mapping

import psutil

LOAD, BACKUP = "load", "backup"
# What stands in a process's command line, the first that fits; whoever sends the requests is this process.
PARTS = (
    ("mongod", "MongoDB"),
    ("redis-server", "Redis"),
    ("beat", "beat"),
    ("celery", "worker"),
    ("spawn_main", "web"),
    ("uvicorn", "web"),
    ("manage.py", BACKUP),
)


def seconds() -> dict[str, float]:
    """Return the processor's seconds of all processes of this run until now, by their part.

    Children that this process has waited for were backups, while requests are sent; those of others, such as
    a worker's that were replaced, count as theirs.
    """
    own = psutil.Process()
    mine = own.cpu_times()
    used = defaultdict(
        float, {LOAD: mine.user + mine.system, BACKUP: mine.children_user + mine.children_system}
    )
    for process in own.children(recursive=True):
        try:
            line = " ".join(process.cmdline())
            part = next((part for word, part in PARTS if word in line), LOAD)
            used[part] += sum(process.cpu_times()[:4])  # its own, and its children's that have ended
        except psutil.Error:  # it has just ended
            continue
    return used


def cores(before: Mapping[str, float], after: Mapping[str, float], elapsed: float) -> dict[str, float]:
    """Return how many cores each part had at work in the time between two looks."""
    return {part: (after[part] - before.get(part, 0.0)) / elapsed for part in sorted(after)}
