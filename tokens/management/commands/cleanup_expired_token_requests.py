"""``manage.py cleanup_expired_token_requests [--apply]``: mark requests that nobody decided on in time."""

from ops import clock
from ops.actors import Actor
from ops.management.dry_run import DryRunCommand
from tokens import request_queries
from tokens.actions import request_ends


class Command(DryRunCommand):
    help = "Mark requests for tokens and for purchases that nobody decided on in time, as the job does."

    def preview(self) -> str:
        return f"{request_queries.overdue_count(clock.now())} overdue"

    def apply(self, actor: Actor) -> str:
        return f"{request_ends.expire_overdue(actor=actor, now=clock.now())} expired"
