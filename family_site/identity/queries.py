"""Reads of users and sessions; the way from a token to an actor.

A session's state is remembered in Redis for a minute under ``session:<id>``, so that a signed-in call
costs one look there and none in MongoDB. Whoever ends a session first marks it there as not to be trusted,
and where Redis does not take the mark, raises the epoch that all remembered states must be of, in the same
unit of work. So nothing that has ended comes back, whatever Redis remembers. Source: design, section 7.
"""

from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from redis.exceptions import RedisError

from family_site.identity import roles, rules
from family_site.identity.errors import InvalidOrExpiredTokenError, InvalidTokenError
from ops import links, second_factor, switches
from ops.links import LinkKind
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.redis import store

REMEMBERED_SECONDS = 60
SESSIONS_SHOWN = 1000
DISTRUSTED = b"distrusted"
EPOCH = "sessions"  # name of the switch
STATE_FIELDS = {
    *("user_id", "username", "is_staff", "permissions", "epoch"),
    *("has_second_factor", "second_factor_shown"),
}
PERSON_FIELDS = {"username": 1, "email": 1, "is_active": 1, "email_confirmed_at": 1}
SHOWN_FIELDS = dict.fromkeys(("kind", "user_agent", "address", "created_at", "last_seen_at", "expires_at"), 1)
USER_FIELDS = dict.fromkeys(
    ("username", "is_active", "security_stamp", "second_factor.on_since", *roles.RIGHTS), 1
)
JOINED_ROLES = {"from": "staff_roles", "localField": "staff_roles", "foreignField": "_id", "as": "roles"}
log = logger(__name__)


def user_by_identifier(identifier: str) -> Document | None:
    """Return the user of a name or an address, whichever it is."""
    if "@" in identifier:
        return collection("users").find_one({"email": rules.folded_email(identifier)})
    return collection("users").find_one({"username": identifier.strip().lower()})


def user_by_address(folded: str) -> Document | None:
    """Return the user of an address, case-folded."""
    return collection("users").find_one({"email": folded})


def inviter_and_invitee(
    user_id: str, typed: str, *, by_username: bool, among: list[str] | None = None
) -> tuple[Document, Document | None]:
    """Return a user and, in the same round trip, the one of a name or an address; ``None``: there is none.

    Args:
        user_id: who asks.
        typed: the name or the address, folded.
        by_username: it is a name.
        among: ids of those who are looked for; ``None``: anybody.
    """
    wanted: Document = {"username" if by_username else "email": typed}
    if among is not None:
        wanted["_id"] = {"$in": among}
    found = collection("users").find({"$or": [{"_id": user_id}, wanted]}, limit=2)
    me = next((each for each in found if each["_id"] == user_id), None)
    if me is None:
        raise InvalidTokenError("revoked")
    return me, next((each for each in found if each["_id"] != user_id), None)


def is_confirmed(user: Document) -> bool:
    """Tell whether a user's address is confirmed, or need not be."""
    return not settings.REQUIRE_CONFIRMED_EMAIL or user["email_confirmed_at"] is not None


def user_by_id(user_id: str) -> Document:
    """Return a user's document.

    Raises:
        InvalidTokenError: the user is gone.
    """
    user = collection("users").find_one({"_id": user_id})
    if user is None:
        raise InvalidTokenError("revoked")
    return user


def good_link(kind: LinkKind, token: str, *, now: datetime) -> Document:
    """Return the filter that finds the challenge of a link which can still be opened."""
    return {
        "link.digest": links.digest(token),
        "kind": str(kind),
        "used_at": None,
        "expires_at": {"$gt": now},
    }


def user_as_mailed(challenge: Document) -> Document:
    """Return the filter that finds the user of a link, unless anything has made it void since."""
    return {
        "_id": challenge["user_id"],
        "security_stamp": challenge["security_stamp"],
        "email": challenge["address"],
        "is_active": True,
    }


def user_of_link(kind: LinkKind, token: str, *, now: datetime) -> Document:
    """Return whose link it is.

    Raises:
        InvalidOrExpiredTokenError: nobody's: unknown, used, replaced, expired or void.
    """
    challenge = collection("challenges").find_one(good_link(kind, token, now=now))
    user = challenge and collection("users").find_one(user_as_mailed(challenge))
    if not user:
        raise InvalidOrExpiredTokenError
    return user


def usernames(user_ids: set[str]) -> dict[str, str]:
    """Return the names of users by id, in one round trip."""
    found = collection("users").find(
        {"_id": {"$in": sorted(user_ids)}}, {"username": 1}, limit=len(user_ids) or 1
    )
    return {user["_id"]: user["username"] for user in found}


def people(user_ids: set[str]) -> dict[str, Document]:
    """Return ``{_id, username, email, is_active, email_confirmed_at}`` of users by id, in one round trip."""
    found = collection("users").find(
        {"_id": {"$in": sorted(user_ids)}}, PERSON_FIELDS, limit=len(user_ids) or 1
    )
    return {user["_id"]: user for user in found}


def active_among(user_ids: set[str]) -> set[str]:
    """Return the ids of those who are not disabled, in one round trip."""
    return {user_id for user_id, user in people(user_ids).items() if user["is_active"]}


def addresses(user_ids: set[str]) -> dict[str, str]:
    """Return the addresses of users by id, in one round trip."""
    found = collection("users").find(
        {"_id": {"$in": sorted(user_ids)}}, {"email": 1}, limit=len(user_ids) or 1
    )
    return {user["_id"]: user["email"] for user in found}


def live_session(session_id: str, user_id: str, remembered: bytes | None) -> dict[str, Any]:
    """Return the state of a session that is in force: whose it is, what they may, their second factor.

    Args:
        session_id: the session.
        user_id: whose it must be.
        remembered: what Redis has under ``remembered_as(session_id)``; ``None``: nothing, or it is away.

    Raises:
        InvalidTokenError: revoked, over, of another user, or of one who has been disabled or has
            another security stamp since; ``sessions.end_sessions`` makes that known at once.
    """
    epoch = (
        session_epoch()
    )  # before the look in MongoDB, or what was seen before a change would pass for newer
    state = _remembered(remembered, epoch)
    access.session_lookups.inc(access.MONGODB if state is None else access.REDIS)
    if state is None:
        with access.looking_up():
            state = _looked_up(session_id)
        if state is not None and epoch is not None:
            _remember(session_id, state | {"epoch": epoch})
    if state is None or state["user_id"] != user_id:
        raise InvalidTokenError("revoked")
    return state


def session_epoch() -> int | None:
    """Return the epoch that a remembered state must be of; ``None``: not known, so trust none.

    It is raised where Redis could not be told of an end, and so may remember what is over.
    """
    known = switches.current()
    return None if known is None else int(known.get(EPOCH, {}).get("epoch", 0))


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
        "security_stamp": {"$in": [None, stamp]},  # those of browsers have none
    }
    newest_first = [("created_at", -1)]  # as the index has them
    return collection("sessions").find(in_force, SHOWN_FIELDS, sort=newest_first, limit=SESSIONS_SHOWN)


def distrust(session_ids: list[str]) -> bool:
    """Make every worker look in MongoDB for these sessions; tells whether Redis took it.

    The mark outlives whatever is remembered, and nothing remembered can overwrite it.
    """
    try:
        pipe = store().pipeline(transaction=False)
        for session_id in session_ids:
            pipe.set(remembered_as(session_id), DISTRUSTED, ex=2 * REMEMBERED_SECONDS)
        pipe.execute()
    except RedisError as error:
        log.warning("auth: sessions not distrusted in the cache", cause=type(error).__name__)
        return False
    return True


def remembered_as(session_id: str) -> str:
    """Return the key under which Redis has a session's state."""
    return f"session:{session_id}"


def _remembered(raw: bytes | None, epoch: int | None) -> dict[str, Any] | None:
    """Return what Redis knows and may be trusted with; ``None``: nothing."""
    if epoch is None or raw is None or raw == DISTRUSTED:
        return None
    try:
        state: dict[str, Any] = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None  # somebody wrote there by hand: MongoDB knows
    whole = isinstance(state, dict) and state.keys() >= STATE_FIELDS
    return state if whole and state["epoch"] == epoch else None


def _remember(session_id: str, state: dict[str, Any]) -> None:
    """Keep a good state for a minute, unless somebody wrote something else meanwhile."""
    try:
        store().set(remembered_as(session_id), orjson.dumps(state), ex=REMEMBERED_SECONDS, nx=True)
    except RedisError as error:
        access.note_not_remembered()
        log.debug("auth: session not remembered", cause=type(error).__name__)


def joined_user(fields: dict[str, int]) -> Document:
    """Return the stage that brings along, as ``user``, whose it is: these fields, and their roles."""
    whole = [{"$project": fields}, {"$lookup": JOINED_ROLES}]
    by_id = {"from": "users", "localField": "user_id", "foreignField": "_id"}
    return {"$lookup": {**by_id, "pipeline": whole, "as": "user"}}


def _looked_up(session_id: str) -> dict[str, Any] | None:
    """Return the state from MongoDB: session, user and their roles of staff in one round trip."""
    found = collection("sessions").aggregate(
        [
            {"$match": {"_id": session_id, "kind": "api", "revoked_at": None}},
            joined_user(USER_FIELDS),
            {"$limit": 1},
        ]
    )
    if not found or not found[0]["user"] or found[0]["expires_at"] <= datetime.now(UTC):
        return None
    user = found[0]["user"][0]
    # The stamp also ends a session that was being opened while the password changed.
    if not user["is_active"] or found[0].get("security_stamp") != user["security_stamp"]:
        return None
    shown_at, factor = found[0].get("second_factor_at"), user.get("second_factor")
    shown = second_factor.was_shown(shown_at and shown_at.timestamp(), factor)
    return state_of(user) | {"second_factor_shown": shown}


def state_of(user: Document) -> dict[str, Any]:
    """Return who a user is and what they may, from a document that has ``USER_FIELDS`` and their roles."""
    rights = {"is_staff": user["is_staff"], "is_superuser": user["is_superuser"]}
    permissions = roles.permitted(**rights, by_roles=[each["permissions"] for each in user["roles"]])
    return {
        "user_id": user["_id"],
        "username": user["username"],
        "is_staff": user["is_staff"],
        "permissions": sorted(permissions),
        "has_second_factor": bool(user.get("second_factor")),
    }
