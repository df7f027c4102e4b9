"""Ending sessions of somebody, or of everybody, for staff and operators; and permanent tokens with them."""

from collections.abc import Sequence
from datetime import datetime

from family_site.identity.actions import viewing
from family_site.identity.actions.sessions import end_sessions, make_known, raise_epoch
from ops import audit
from ops.actors import Actor
from ops.batches import in_order
from ops.mongo.collections import Filter, collection
from ops.mongo.unit_of_work import unit_of_work

BATCH = 500
SESSIONS, TOKENS = "sessions", "api_tokens"


@unit_of_work()
def end_all_by_staff(user_id: str, *, actor: Actor, now: datetime, reason: str) -> int:
    """End all sessions of a user, of API and browser; returns how many ended. In force from then on."""
    ended = end_sessions({"user_id": user_id}, actor=actor, now=now)
    if ended:
        after = {"sessions": ended}
        audit.record(actor, "session.revoked", target=user_id, now=now, after=after, reason=reason)
    return len(ended)


def end_everybodys(*, actor: Actor, now: datetime, reason: str) -> int:
    """End all sessions of everybody but the one that the actor acts from; returns how many ended.

    Batch by batch, each with its entry; those that were opened after ``now`` go on. Each is refused from the
    commit of its batch on; last of all the epoch is raised, so that nothing that is remembered counts.
    """

    def act(ids: Sequence[str]) -> int:
        return _end(ids, actor=actor, now=now, reason=reason)

    done = in_order(SESSIONS, of_everybody(actor, now), act, size=BATCH)
    if done:
        raise_epoch()
    return done


def revoke_tokens(user_id: str | None, *, actor: Actor, now: datetime, reason: str) -> int:
    """Revoke all permanent tokens of a user, or of everybody (``None``); returns how many.

    Nobody is mailed: whoever has them revoked says why, to all at once.
    """

    def act(ids: Sequence[str]) -> int:
        return _revoke(ids, actor=actor, now=now, reason=reason)

    return in_order(TOKENS, tokens_in_force(user_id, now), act, size=BATCH)


def of_everybody(actor: Actor, now: datetime) -> Filter:
    """Return the filter of the sessions that ``end_everybodys`` ends."""
    return {
        "revoked_at": None,
        "expires_at": {"$gt": now},
        "created_at": {"$lte": now},
        "user_id": {"$ne": None},  # a form before sign-in is nobody's
        "_id": {"$ne": actor.session_id},
    }


def of_user(user_id: str, now: datetime) -> Filter:
    """Return the filter of the sessions that ``end_all_by_staff`` ends."""
    return {"user_id": user_id, "revoked_at": None, "expires_at": {"$gt": now}}


def tokens_in_force(user_id: str | None, now: datetime) -> Filter:
    """Return the filter of permanent tokens that can be revoked, of a user or of everybody (``None``)."""
    whose = {} if user_id is None else {"user_id": user_id}
    return {**whose, "revoked_at": None, "expires_at": {"$gt": now}}


@unit_of_work()
def _end(ids: Sequence[str], *, actor: Actor, now: datetime, reason: str) -> int:
    sessions = collection(SESSIONS)
    # Asked for by ids alone: of their ends the server would go through all that end after now.
    found = sessions.find({"_id": {"$in": list(ids)}}, {"revoked_at": 1, "viewing_as": 1}, limit=len(ids))
    lasting = [each for each in found if each["revoked_at"] is None]
    if ended := [each["_id"] for each in lasting]:
        sessions.update_all({"_id": {"$in": ended}}, {"$set": {"revoked_at": now}})
        make_known(ended)
        viewing.note_ends(lasting, actor=actor, now=now)
        after = {"sessions": ended}
        audit.record(actor, "session.revoked", target="everybody", now=now, after=after, reason=reason)
    return len(ended)


@unit_of_work()
def _revoke(ids: Sequence[str], *, actor: Actor, now: datetime, reason: str) -> int:
    tokens = collection(TOKENS)
    found = tokens.find({"_id": {"$in": list(ids)}, "revoked_at": None}, {"user_id": 1}, limit=len(ids))
    if not found:
        return 0
    revoked, owners = [each["_id"] for each in found], sorted({each["user_id"] for each in found})
    tokens.update_all({"_id": {"$in": revoked}}, {"$set": {"revoked_at": now}})
    gone = {"$pull": {"permanent_tokens": {"token_id": {"$in": revoked}}}}
    collection("users").update_all({"_id": {"$in": owners}}, gone)
    target = owners[0] if len(owners) == 1 else "everybody"
    after = {"tokens": revoked, "revoked_at": now}
    audit.record(actor, "permanent_token.revoked", target=target, now=now, after=after, reason=reason)
    return len(revoked)
