"""What has expired and no job has marked: the same look at every collection that has such a job."""

from collections.abc import Callable
from datetime import datetime, timedelta

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

# The jobs run each minute or more often.
LATE = timedelta(minutes=5)
MINUTES = int(LATE.total_seconds() // 60)
# Checks without which no job is done in time, or only seems not to be.
NO_JOBS = ("maintenance", "clock", "beat", "queue", "worker")


def look_for_unmarked(
    where: Whereabouts, count: Callable[[datetime], int], *, job: str, remedy: str
) -> Finding:
    """Count what expired a while ago and is not marked; it counts as expired, marked or not.

    Args:
        where: what is looked at.
        count: how many expired before a moment and are not marked.
        job: which marks them.
        remedy: what to do when it does not.
    """
    late = ask(where, lambda: count(clock.now() - LATE))
    if isinstance(late, Finding):
        return late
    if late == 0:
        return Finding(Result.OK, (f"none expired more than {MINUTES} minutes ago without being marked",))
    return Finding(
        Result.DEGRADED,
        (f"{late} expired more than {MINUTES} minutes ago and are not marked",),
        f"the job {job} does not run, or fails",
        remedy,
        due_to=NO_JOBS,
    )
