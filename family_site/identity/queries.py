"""Reads of users and sessions; the way from a token to an actor.

A session's state is remembered in Redis for a minute under ``session:<id>``, so that a signed-in call
costs one look there and none in MongoDB. What is revoked is overwritten by a word that outlives every
remembered state, so nobody can bring it back. Source: design, section 7.
"""

import time
from datetime import UTC, datetime
from typing import Any

import orjson
from redis.exceptions import RedisError

from family_site.identity import rules
from family_site.identity.errors import InvalidTokenError
from ops.logs import logger
from ops.mongo.collections import Document, collection
from ops.redis import store, value_of

REMEMBERED_SECONDS = 60
SESSIONS_SHOWN = 1000
REVOKED = b"revoked"
STATE_FIELDS = {"user_id", "username", "is_staff"}
SHOWN_FIELDS = {"user_agent": 1, "address": 1, "created_at": 1, "last_seen_at": 1}
USER_FIELDS = {"username": 1, "is_active": 1, "is_staff": 1, "security_stamp": 1}
# Sessions that have ended and Redis may still remember otherwise, each with the time until when.
_untold: dict[str, float] = {}
log = logger(__name__)


def user_by_identifier(identifier: str) -> Document | None:
    """Return the user of a name or an address, whichever it is."""
    if "@" in identifier:
        return collection("users").find_one({"email": rules.folded_email(identifier)})
    return collection("users").find_one({"username": identifier.strip().lower()})


def user_by_id(user_id: str) -> Document:
    """Return a user's document.

    Raises:
        InvalidTokenError: the user is gone.
    """
    user = collection("users").find_one({"_id": user_id})
    if user is None:
        raise InvalidTokenError("revoked")
    return user


def usernames(user_ids: set[str]) -> dict[str, str]:
    """Return the names of users by id, in one round trip."""
    found = collection("users").find(
        {"_id": {"$in": sorted(user_ids)}}, {"username": 1}, limit=len(user_ids) or 1
    )
    return {user["_id"]: user["username"] for user in found}


def live_session(session_id: str, user_id: str) -> dict[str, Any]:
    """Return ``{user_id, username, is_staff}`` of a session that is in force.

    Raises:
        InvalidTokenError: revoked, over, of another user, or of one who has been disabled or has
            another security stamp since; ``sessions.end_sessions`` makes that known at once.
    """
    state = _remembered(session_id)
    if state is None:
        state = _looked_up(session_id)
        _remember(session_id, state)
    if state is None or state["user_id"] != user_id:
        raise InvalidTokenError("revoked")
    return state


def session_in_force(session_id: str, user_id: str, *, now: datetime) -> tuple[Document, Document]:
    """Return a session of the API and its user, as MongoDB has them.

    Raises:
        InvalidTokenError: revoked, over, of another user, or of one who has been disabled or has another
            security stamp since.
    """
    in_force = {"_id": session_id, "user_id": user_id, "kind": "api", "revoked_at": None}
    session = collection("sessions").find_one(in_force)
    user = user_by_id(user_id)
    if session is None or session["expires_at"] <= now:
        raise InvalidTokenError("revoked")
    if not user["is_active"] or session["security_stamp"] != user["security_stamp"]:
        raise InvalidTokenError("revoked")
    return session, user


def sessions_of(user_id: str, *, now: datetime) -> list[Document]:
    """Return a user's sessions that are in force, of API and console, newest first."""
    stamp = user_by_id(user_id)["security_stamp"]
    in_force = {
        "user_id": user_id,
        "revoked_at": None,
        "expires_at": {"$gt": now},
        "security_stamp": {"$in": [None, stamp]},  # those of the console have none
    }
    newest_first = [("created_at", -1), ("_id", -1)]
    return collection("sessions").find(in_force, SHOWN_FIELDS, sort=newest_first, limit=SESSIONS_SHOWN)


def forget_sessions(session_ids: list[str]) -> None:
    """Make every worker see at once that these sessions have ended.

    While Redis is away this worker alone knows, and tells the others as soon as Redis answers it again.
    """
    _untold.update(dict.fromkeys(session_ids, time.monotonic() + 2 * REMEMBERED_SECONDS))
    _tell()


def _tell() -> None:
    """Overwrite what Redis remembers of sessions that have ended."""
    ended, now = list(_untold.items()), time.monotonic()
    try:
        pipe = store().pipeline(transaction=False)
        for session_id, until in ended:
            if until > now:  # later nothing is left to overwrite
                pipe.set(_key(session_id), REVOKED, ex=2 * REMEMBERED_SECONDS)
        pipe.execute()
    except RedisError as error:
        log.warning("auth: sessions not overwritten in the cache", cause=type(error).__name__)
        return
    for session_id, _ in ended:
        _untold.pop(session_id, None)


def _key(session_id: str) -> str:
    return f"session:{session_id}"


def _remembered(session_id: str) -> dict[str, Any] | None:
    """Return what Redis knows; ``None``: nothing, or Redis is away."""
    if session_id in _untold:
        raise InvalidTokenError("revoked")
    try:
        raw = value_of(_key(session_id))
    except RedisError:
        return None
    if _untold:
        _tell()
    if raw is None:
        return None
    if raw == REVOKED:
        raise InvalidTokenError("revoked")
    try:
        state: dict[str, Any] = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None  # somebody wrote there by hand: MongoDB knows
    return state if isinstance(state, dict) and state.keys() >= STATE_FIELDS else None


def _remember(session_id: str, state: dict[str, Any] | None) -> None:
    """Keep a good state for a minute, unless somebody wrote ``revoked`` meanwhile."""
    if state is None:
        return
    try:
        store().set(_key(session_id), orjson.dumps(state), ex=REMEMBERED_SECONDS, nx=True)
    except RedisError:
        return


def _looked_up(session_id: str) -> dict[str, Any] | None:
    """Return the state from MongoDB, session and user in one round trip."""
    found = collection("sessions").aggregate(
        [
            {"$match": {"_id": session_id, "kind": "api", "revoked_at": None}},
            {
                "$lookup": {
                    "from": "users",
                    "localField": "user_id",
                    "foreignField": "_id",
                    "pipeline": [{"$project": USER_FIELDS}],
                    "as": "user",
                }
            },
            {"$limit": 1},
        ]
    )
    if not found or not found[0]["user"] or found[0]["expires_at"] <= datetime.now(UTC):
        return None
    user = found[0]["user"][0]
    # The stamp also ends a session that was being opened while the password changed.
    if not user["is_active"] or found[0].get("security_stamp") != user["security_stamp"]:
        return None
    return {"user_id": user["_id"], "username": user["username"], "is_staff": user["is_staff"]}
