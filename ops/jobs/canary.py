"""The canary: a message that goes through queue, worker and outbox each minute.

A process that lives proves nothing: a worker may go on without taking tasks. Each leg of the way leaves a
heartbeat with the time at which the canary was sent, so that one sees which leg is broken, and how long the
way takes. Source: design, section 8.
"""

from collections.abc import Mapping
from datetime import datetime

from ops.jobs import heartbeats
from ops.outbox import internal

WORKER, OUTBOX = "canary.worker", "canary.outbox"
KEY = "canary"


def take(*, sent_at: datetime, now: datetime) -> None:
    """Let it pass the worker, and send it on through the outbox."""
    heartbeats.passed(WORKER, sent_at=sent_at, now=now)
    internal.queue(KEY, {"sent_at": sent_at.isoformat()}, now=now)


def arrive(context: Mapping[str, str], now: datetime) -> None:
    """Receive it from the outbox."""
    heartbeats.passed(OUTBOX, sent_at=datetime.fromisoformat(context["sent_at"]), now=now)
