"""What time does to invitations, as jobs."""

from celery import shared_task

from families.invitations.actions import upkeep
from ops import clock, deadline
from ops.actors import Actor
from ops.jobs.heartbeats import heartbeat
from ops.read_only import mode

BEAT = Actor.system("beat")
# The next run comes after ten, and goes on; until then the worker is free for mails.
EXPIRY_SECONDS = 8.0


@shared_task(name="families.invitations.expire")
def expire() -> int:
    """Mark what has expired; returns how many invitations that were."""
    with heartbeat("families.invitations.expire"):
        mode.refuse()
        with deadline.within(EXPIRY_SECONDS):
            return upkeep.expire_overdue(actor=BEAT, now=clock.now())


@shared_task(name="families.invitations.remind")
def remind() -> int:
    """Remind whom an invitation leaves 48 hours; returns how many."""
    with heartbeat("families.invitations.remind"):
        return upkeep.remind_due(actor=BEAT, now=clock.now())


@shared_task(name="families.invitations.prune")
def prune() -> int:
    """Blank the addresses of invitations that ended long ago; returns how many."""
    with heartbeat("families.invitations.prune"):
        mode.refuse()
        return upkeep.blank_old_addresses(actor=BEAT, now=clock.now())
