"""Seeing what somebody sees: a member of staff's session of the console says as whom, and until when.

Reading as another person changes nothing of theirs; that it began, and that it ended, is recorded of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from family_site.identity import rules
from ops import audit, second_factor
from ops.actors import Actor
from ops.errors import ConflictError, InsufficientPermissionsError, NotFoundError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

SIGNED_OUT, ANOTHER, REVOKED = "signed_out", "another_begun", "session_revoked"
LASTS = timedelta(minutes=15)


@unit_of_work()
def begin(user_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Let the actor's session see what a user sees, for fifteen minutes.

    Raises:
        NotFoundError: there is no such user, or the actor is in no session of the console.
        InsufficientPermissionsError: it is the actor, or staff, and the actor no superuser; or they lack
            ``identity.view_as``.
        ConflictError: the user is disabled, so sees nothing.
        FreshTwoFactorRequiredError: the actor has a second factor, and has not shown it just now.
    """
    user = collection("users").find_one({"_id": user_id}, {"username": 1, "is_active": 1, "is_staff": 1})
    if user is None:
        raise NotFoundError
    if right := rules.right_missing_to_view_as(user_id, is_staff=user["is_staff"], actor=actor):
        raise InsufficientPermissionsError(required=right)
    if not user["is_active"]:
        raise ConflictError
    second_factor.require_fresh(actor)
    end(actor.session_id, ANOTHER, actor=actor, now=now)
    viewed = {"user_id": user_id, "username": user["username"], "until": now + LASTS}
    mine = {"_id": actor.session_id, "user_id": actor.user_id, "kind": "browser", "revoked_at": None}
    if not collection("sessions").update(mine, {"$set": {"viewing_as": viewed}}):
        raise NotFoundError
    after = {"until": viewed["until"]}
    audit.record(actor, "viewing_as.begun", target=user_id, now=now, after=after, reason=reason)


@unit_of_work()
def end(session_id: str | None, why: str, *, actor: Actor, now: datetime) -> None:
    """End it, if it has not ended.

    Args:
        session_id: of the member of staff.
        why: a word: who ended it, or what.
        actor: who asks.
        now: time of the end.
    """
    lasting = {"_id": session_id, "revoked_at": None, "viewing_as": {"$ne": None}}
    before = collection("sessions").find_and_update(
        lasting, {"$set": {"viewing_as": None}}, fields={"viewing_as": 1}, before=True
    )
    if before is not None:
        note_end(before["viewing_as"], why, actor=actor, now=now)


@unit_of_work()
def note_end(viewed: Document, why: str, *, actor: Actor, now: datetime) -> None:
    """Record the end, as part of the change that ends it; a session that ends takes it along."""
    audit.record(actor, "viewing_as.ended", target=viewed["user_id"], now=now, after={"why": why})


@unit_of_work()
def note_ends(revoked: Iterable[Document], *, actor: Actor, now: datetime) -> None:
    """Record the end for each of these sessions that somebody has revoked, if it saw as somebody."""
    for session in revoked:
        if viewed := session.get("viewing_as"):
            note_end(viewed, REVOKED, actor=actor, now=now)
