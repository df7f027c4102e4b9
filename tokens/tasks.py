"""What time does to the ledger, as jobs."""

from celery import shared_task

from ops import clock
from ops.jobs.heartbeats import heartbeat
from tokens.actions import checking, upkeep


@shared_task(name="tokens.ledger.roll_up")
def roll_up() -> int:
    """Add up the accounts that everybody posts to; returns how many entries were added."""
    with heartbeat("tokens.ledger.roll_up"):
        return upkeep.roll_up(now=clock.now())


@shared_task(name="tokens.ledger.verify")
def verify() -> int:
    """Check a slice of the ledger, if it is time; returns how many documents were read."""
    with heartbeat("tokens.ledger.verify"):
        return checking.check_slice(now=clock.now())
