"""Operations' own jobs."""

from datetime import UTC, datetime

from celery import shared_task

from ops import clock
from ops.audit import sealing
from ops.doctor import recording
from ops.front import counting
from ops.incidents import attending, escalating, opening, paging
from ops.jobs import canary
from ops.jobs.heartbeats import heartbeat
from ops.limits import upkeep
from ops.outbox.delivery import deliver_due
from ops.profiling import switching as profiler
from ops.runs import working

# On a busy machine what only takes its time is not unwell.
LOOK_SECONDS = 5.0


@shared_task(name="ops.outbox.deliver")
def deliver() -> int:
    """Send mails that are due; returns how many were handled."""
    with heartbeat("ops.outbox.deliver"):
        return deliver_due(now=clock.now())


@shared_task(name="ops.audit.seal")
def seal() -> int:
    """Seal the audit entries that are settled; returns how many that were."""
    with heartbeat("ops.audit.seal"):
        return sealing.seal_due(now=clock.now())


@shared_task(name="ops.limits.remirror")
def keep_limits() -> int:
    """Keep overrides, their mirror and the counters in order; returns how much was amiss."""
    with heartbeat("ops.limits.remirror"):
        return upkeep.keep(now=clock.now())


@shared_task(name="ops.profiling.keep")
def keep_profiler() -> bool:
    """Switch the database's profiler off at the end that was set for it; tells whether it was time."""
    with heartbeat("ops.profiling.keep"):
        return profiler.end_if_due(now=clock.now())


@shared_task(name="ops.doctor.look")
def look() -> str:
    """Let doctor look, and keep what it saw; what fails for long becomes an incident. Returns how it is."""
    with heartbeat("ops.doctor.look"):
        now = clock.now()
        result = recording.look(now=now, patience=LOOK_SECONDS)
        opening.take_doctor(recording.latest(), now)
        return result


@shared_task(name="ops.incidents.attend")
def attend() -> int:
    """Do for open incidents what the system does by itself; returns how much that was."""
    with heartbeat("ops.incidents.attend"):
        now = clock.now()
        return escalating.escalate_due(now) + paging.queue_mails(now) + attending.attend(now)


@shared_task(name="ops.runs.work")
def work_on_runs() -> int:
    """Go on with the run of the console that has waited longest; returns for how many documents."""
    with heartbeat("ops.runs.work"):
        return working.work_due(now=clock.now())


@shared_task(name="ops.front.count")
def count_for_front() -> int:
    """Count what the console's front page tells; returns how many numbers were written."""
    with heartbeat("ops.front.count"):
        return counting.count(clock.now())


@shared_task(name="ops.canary")
def pass_canary(sent_at: float) -> None:
    """Let the canary pass; ``sent_at``: Unix time at which beat sent it."""
    with heartbeat("ops.canary"):
        canary.take(sent_at=datetime.fromtimestamp(sent_at, UTC), now=clock.now())
