"""What time does to families, as jobs."""

from celery import shared_task

from families.actions import emergency_ends, paying_allowances, recovery_ends
from ops import clock
from ops.actors import Actor
from ops.jobs.heartbeats import heartbeat
from ops.read_only import mode


@shared_task(name="families.recoveries.expire")
def expire_recoveries() -> int:
    """Mark what has expired; returns how many recoveries that were."""
    with heartbeat("families.recoveries.expire"):
        mode.refuse()
        return recovery_ends.expire_overdue(actor=Actor.system("beat"), now=clock.now())


@shared_task(name="families.emergencies.expire")
def expire_emergencies() -> int:
    """Mark what has expired and tell of it; returns how many votes on opening an account that were."""
    with heartbeat("families.emergencies.expire"):
        mode.refuse()
        return emergency_ends.expire_overdue(actor=Actor.system("beat"), now=clock.now())


@shared_task(name="families.allowances.pay")
def pay_allowances() -> int:
    """Pay what is due, or note that it was missed; returns how often a schedule was looked at."""
    with heartbeat("families.allowances.pay"):
        mode.refuse()
        return paying_allowances.pay_due(actor=Actor.system("beat"), now=clock.now())
