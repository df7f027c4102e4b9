"""The jobs of sign-in."""

from celery import shared_task

from family_site.identity.actions import asking
from ops import clock
from ops.jobs.heartbeats import heartbeat

ANSWER = "identity.links.answer"


@shared_task(name=ANSWER)
def answer_link_requests() -> int:
    """Queue the mails with links that were asked for; returns how many."""
    with heartbeat(ANSWER):
        return asking.answer_all(now=clock.now())
