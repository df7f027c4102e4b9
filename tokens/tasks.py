"""What time does to the ledger and to requests, as jobs."""

from celery import shared_task

from ops import clock
from ops.actors import Actor
from ops.jobs.heartbeats import heartbeat
from ops.read_only import mode
from tokens.actions import checking, request_ends, upkeep


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


@shared_task(name="tokens.requests.expire")
def expire_requests() -> int:
    """Mark what has expired; returns how many requests that were."""
    with heartbeat("tokens.requests.expire"):
        mode.refuse()
        return request_ends.expire_overdue(actor=Actor.system("beat"), now=clock.now())
