"""fix:expire_invitations (runbook R090): what the job does, and ``manage.py cleanup_expired_invitations``."""

from datetime import datetime

from families.invitations import queries
from families.invitations.actions import upkeep
from ops.actors import Actor
from ops.doctor.fixes.fix import Fix, Given, Lines
from ops.doctor.fixes.noting import note

NAME = "expire_invitations"


def plan(_given: Given, now: datetime) -> Lines:
    """Count what is to be marked, and the addresses that are to be blanked."""
    expired, blanked = queries.overdue_count(now), queries.blankable_count(now)
    lines = [f"mark as expired: {expired}"] if expired else []
    return (*lines, f"blank addresses: {blanked}") if blanked else tuple(lines)


def apply(_given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Mark and blank, with an audit entry for each."""
    expired = upkeep.expire_overdue(actor=actor, now=now)
    blanked = upkeep.blank_old_addresses(actor=actor, now=now)
    if not expired and not blanked:
        return ()
    note(NAME, {"expired": expired, "blanked": blanked}, actor=actor, reason=reason, now=now)
    return (f"marked as expired: {expired}", f"addresses blanked: {blanked}")


FIX = Fix(
    NAME,
    8,
    "Mark invitations that have expired, and blank addresses of those that ended long ago",
    "A blanked address cannot be had back; nobody can accept these invitations, marked or not.",
    plan,
    apply,
    mends=("invitations",),
)
