"""Who uses the processors: seconds of them, by what a process is for."""

import resource
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
    """Return the processor's seconds of all processes of this run until now, by their part."""
    own = psutil.Process()
    used = defaultdict(float, {LOAD: _of(own), BACKUP: _of_the_ended()})
    for process in own.children(recursive=True):
        try:
            line = " ".join(process.cmdline())
            part = next((part for word, part in PARTS if word in line), LOAD)
            used[part] += _of(process) + _of_its_ended(process)
        except psutil.Error:  # it has just ended
            continue
    return used


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _of_its_ended(process: psutil.Process) -> float:
    """Return what its own children took that it has waited for, such as a worker's that were replaced."""
    times = process.cpu_times()
    return times.children_user + times.children_system


def _of_the_ended() -> float:
    """Return what children took that were waited for: while requests are sent, those are backups."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def cores(before: Mapping[str, float], after: Mapping[str, float], elapsed: float) -> dict[str, float]:
    """Return how many cores each part had at work in the time between two looks."""
    return {part: (after[part] - before.get(part, 0.0)) / elapsed for part in sorted(after)}
