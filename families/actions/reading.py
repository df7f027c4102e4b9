"""Marking one's notices as read. It changes nothing that anybody else sees, and leaves no audit entry."""

from collections.abc import Sequence
from datetime import datetime

from families import queries
from ops.actors import Actor
from ops.mongo.unit_of_work import unit_of_work
from ops.notices import inbox


@unit_of_work()
def mark_read(
    notice_ids: Sequence[str], *, actor: Actor, now: datetime, family_id: str | None = None
) -> list[str]:
    """Mark some of the actor's own notices as read; returns which were unread until now.

    Args:
        notice_ids: which; those that are not the actor's, or read already, are left out.
        actor: whose.
        now: time of the change.
        family_id: only those of this family; ``None``: whatever they are about.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
    """
    if family_id is not None:
        queries.family_visible_to(actor, family_id)
    return inbox.mark_read(actor.user_id, notice_ids, now=now, family_id=family_id)


def mark_all_read(*, actor: Actor, now: datetime, family_id: str | None = None) -> int:
    """Mark all of the actor's own notices as read that exist by now; returns how many were unread.

    Raises:
        FamilyNotFoundError: no such family, or not the actor's.
    """
    if family_id is not None:
        queries.family_visible_to(actor, family_id)
    return inbox.mark_all_read(actor.user_id, now=now, family_id=family_id)
