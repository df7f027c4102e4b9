"""What time does to families, as jobs."""

from celery import shared_task

from families.actions import recovery_ends
from ops import clock
from ops.actors import Actor
from ops.jobs.heartbeats import heartbeat


@shared_task(name="families.recoveries.expire")
def expire_recoveries() -> int:
    """Mark what has expired; returns how many recoveries that were."""
    with heartbeat("families.recoveries.expire"):
        return recovery_ends.expire_overdue(actor=Actor.system("beat"), now=clock.now())
