"""``manage.py cleanup_expired_invitations [--apply]``: mark what has expired, blank old addresses."""

from families.invitations import queries
from families.invitations.actions import upkeep
from ops import clock
from ops.actors import Actor
from ops.management.dry_run import DryRunCommand


class Command(DryRunCommand):
    help = "Mark invitations that have expired, and blank the addresses of those that ended long ago."

    def preview(self) -> str:
        now = clock.now()
        return f"{queries.overdue_count(now)} overdue, {queries.blankable_count(now)} addresses to blank"

    def apply(self, actor: Actor) -> str:
        now = clock.now()
        expired = upkeep.expire_overdue(actor=actor, now=now)
        return f"{expired} expired, {upkeep.blank_old_addresses(actor=actor, now=now)} addresses blanked"
