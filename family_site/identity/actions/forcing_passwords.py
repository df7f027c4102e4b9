"""Forcing new passwords: those of now open nothing any more, and a link for another is mailed.

A flag of the user, ``new_password_since``: sign-in with the right password is refused, and says how to go on.
It falls when another password is set, by the link, by staff or on the machine; the same again is not taken.
The security stamp changes with it, so sessions, permanent tokens, challenges and older links end.

The links are mailed by the job of the links that people ask for themselves: so many a second, each of them
good for an hour; whoever comes later asks for one at the same place as everybody. Source: inventory, C26.
"""

from collections.abc import Sequence
from datetime import datetime

from family_site.identity import rules
from family_site.identity.actions.sessions import end_sessions
from family_site.identity.models.user import new_stamp
from ops import audit
from ops.actors import Actor
from ops.batches import in_order
from ops.ids import new_id
from ops.links import LinkKind
from ops.mongo.collections import Document, Filter, collection
from ops.mongo.unit_of_work import unit_of_work

BATCH = 100
USERS, FLAG = "users", rules.NEW_PASSWORD_SINCE


def to_force(user_id: str | None, actor: Actor, *, before: datetime) -> Filter:
    """Return the filter of the users whose passwords would be ended.

    Args:
        user_id: only this one; ``None``: everybody who is not disabled.
        actor: who acts; they are left out, so that somebody stays who can act.
        before: only passwords that were set before this time.
    """
    whose = {} if user_id is None else {"_id": user_id}
    first_one = {"password_at": None, "created_at": {"$lt": before}}
    older = {"$or": [{"password_at": {"$lt": before}}, first_one]}
    return {"$and": [whose, {"_id": {"$ne": actor.id}}, {"is_active": True, FLAG: None}, older]}


def to_let_be(user_id: str | None) -> Filter:
    """Return the filter of the users who have still to choose another password: one, or all (``None``)."""
    return {FLAG: {"$ne": None}} if user_id is None else {"_id": user_id, FLAG: {"$ne": None}}


def force(user_id: str | None, *, before: datetime, actor: Actor, now: datetime, reason: str) -> int:
    """End the passwords of a user, or of everybody (``None``), and mail them links; returns how many.

    Batch by batch; called again with the same ``before`` it goes on with what is left, and leaves alone who
    has chosen another since. Args: as ``to_force``.
    """

    def act(ids: Sequence[str]) -> int:
        return _force(ids, actor=actor, now=now, reason=reason)

    return in_order(USERS, to_force(user_id, actor, before=before), act, size=BATCH)


def let_be(user_id: str | None, *, actor: Actor, now: datetime, reason: str) -> int:
    """Let passwords that were ended, and are not replaced yet, be good again; returns how many.

    What ended with them stays ended.
    """

    def act(ids: Sequence[str]) -> int:
        return _let_be(ids, actor=actor, now=now, reason=reason)

    return in_order(USERS, to_let_be(user_id), act, size=BATCH)


@unit_of_work()
def _force(ids: Sequence[str], *, actor: Actor, now: datetime, reason: str) -> int:
    wanted = {"_id": {"$in": list(ids)}, "is_active": True, FLAG: None}
    users = collection(USERS).find(wanted, {"email": 1}, limit=len(ids))
    if not users:
        return 0
    collection(USERS).update_each(
        [({"_id": each["_id"]}, {"$set": {FLAG: now, "security_stamp": new_stamp()}}, ()) for each in users]
    )
    end_sessions({"user_id": {"$in": [each["_id"] for each in users]}}, actor=actor, now=now)
    collection("link_requests").insert(*(_request(each, actor, now) for each in users))
    for each in users:
        after = {"new_password_required": True}
        audit.record(actor, "password.forced", target=each["_id"], now=now, after=after, reason=reason)
    return len(users)


@unit_of_work()
def _let_be(ids: Sequence[str], *, actor: Actor, now: datetime, reason: str) -> int:
    wanted = {"_id": {"$in": list(ids)}, FLAG: {"$ne": None}}
    users = collection(USERS).find(wanted, {"_id": 1}, limit=len(ids))
    collection(USERS).update_all({"_id": {"$in": [each["_id"] for each in users]}}, {"$set": {FLAG: None}})
    for each in users:
        before, after = {"new_password_required": True}, {"new_password_required": False}
        audit.record(
            actor, "password.let_be", target=each["_id"], now=now, before=before, after=after, reason=reason
        )
    return len(users)


def _request(user: Document, actor: Actor, now: datetime) -> Document:
    """Return what the job of the links answers, as if they had asked themselves."""
    return {
        "_id": new_id("ask"),
        "v": 1,
        "kind": str(LinkKind.RESET_PASSWORD),
        "address": user["email"],
        "origin": {"request_id": actor.request_id, "address": None, "user_agent": None},
        "asked_at": now,
    }
