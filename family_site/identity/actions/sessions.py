"""Sessions: written, signed, ended."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from family_site.identity import queries, rules
from family_site.identity.actions import security, viewing
from family_site.identity.errors import InvalidCredentialsError
from family_site.identity.rules import SecurityEvent
from ops import audit, signing, switches
from ops.actors import Actor
from ops.errors import NotFoundError
from ops.ids import new_id
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import on_commit, unit_of_work
from ops.signing import TokenType

BATCH = 1000
log = logger(__name__)


@dataclass(frozen=True)
class SignIn:
    """A user with a fresh session and its two tokens."""

    user: Document
    session_id: str
    access_token: str
    refresh_token: str
    issued_at: datetime
    refresh_expires_at: datetime


@unit_of_work()
def start_session(user: Document, *, actor: Actor, now: datetime, by_code: bool = False) -> SignIn:
    """Write a session of the API and return its tokens, as part of a change that is audited as a whole.

    Args:
        user: who has shown who they are.
        actor: who asks.
        now: time of the sign-in.
        by_code: they have shown their second factor, too.

    Raises:
        InvalidCredentialsError: the user was disabled, or got another password, at this very moment.
    """
    session_id, ends_at = new_id("ses"), now + timedelta(seconds=settings.SESSION_SECONDS)
    refresh = new_refresh(now=now, ends_at=ends_at)
    note_sign_in(user, session_id, actor=actor, now=now)
    collection("sessions").insert(
        {
            "_id": session_id,
            "v": 1,
            "kind": "api",
            "user_id": user["_id"],
            "security_stamp": user["security_stamp"],
            "created_at": now,
            "last_seen_at": now,
            "expires_at": ends_at,
            "revoked_at": None,
            "second_factor_at": now if by_code else None,
            "fresh_until": None,
            "refresh": refresh,
            "previous": None,
            "data": "",
            "address": actor.address,
            "user_agent": actor.user_agent,
        }
    )
    on_commit(lambda: log.info("auth.login.ok", user=user["_id"], session=session_id))
    on_commit(lambda: access.sign_ins.inc(access.OK))
    return signed(user, session_id, refresh, now=now)


@unit_of_work()
def note_sign_in(user: Document, session_id: str, *, actor: Actor, now: datetime) -> None:
    """Write that the user signs in, as part of opening a session; warns them of a new device.

    Raises:
        InvalidCredentialsError: the user was disabled, or got another password, at this very moment.
    """
    if _count_sign_in(user, _device(user, actor), now=now):
        event = SecurityEvent.NEW_DEVICE
        security.warn(event, user, change=session_id, now=now, session_id=session_id)


def _count_sign_in(user: Document, device: str | None, *, now: datetime) -> bool:
    """Write the user, if they still are who has shown who they are; tells whether the device is a new one.

    The write is what keeps a session from being opened beside a disablement or a change of password: both
    write this document, so one of them comes first, and the other sees it.

    Args:
        user: as looked at.
        device: which; ``None``: the call did not come by a network.
        now: time of the sign-in.
    """
    as_seen = {"_id": user["_id"], "is_active": True, "security_stamp": user["security_stamp"]}
    known = {"$ifNull": ["$devices", []]}
    others = {"$filter": {"input": known, "cond": {"$ne": ["$$this", device]}}}
    latest = {"$slice": [{"$concatArrays": [[device], others]}, rules.DEVICES_KEPT]}
    change = {
        "sign_ins": {"$add": [{"$ifNull": ["$sign_ins", 0]}, 1]},
        "signed_in_at": now,
        "devices": latest if device else known,
    }
    before = collection("users").find_and_update(
        as_seen, [{"$set": change}], fields={"devices": 1}, before=True
    )
    if before is None:
        raise InvalidCredentialsError
    devices = before.get("devices") or []
    return device is not None and devices != [] and device not in devices


def _device(user: Document, actor: Actor) -> str | None:
    """Return what names a device of a user and the network it is in: a digest, since neither is needed."""
    if actor.address is None:
        return None
    parts = (user["_id"], rules.device(actor.user_agent), rules.network(actor.address))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def new_refresh(*, now: datetime, ends_at: datetime) -> Document:
    """Return what names a fresh refresh token: good from now on, and never beyond its session's end."""
    issued = int(now.timestamp())
    latest = int(ends_at.timestamp())
    return {
        "jti": new_id("jti"),
        "iat": issued,
        "exp": min(issued + settings.REFRESH_TOKEN_SECONDS, latest),
        "kid": signing.key_id(),
    }


def signed(user: Document, session_id: str, refresh: Document, *, now: datetime) -> SignIn:
    """Return a fresh access token, and the refresh token that is named: the same whenever it is signed."""
    claims, issued = {"sub": user["_id"], "sid": session_id}, int(now.timestamp())
    return SignIn(
        user=user,
        session_id=session_id,
        access_token=signing.sign(
            TokenType.ACCESS,
            claims | {"jti": new_id("jti")},
            issued_at=issued,
            seconds=settings.ACCESS_TOKEN_SECONDS,
        ),
        refresh_token=signing.sign(
            TokenType.REFRESH,
            claims | {"jti": refresh["jti"]},
            issued_at=refresh["iat"],
            seconds=refresh["exp"] - refresh["iat"],
        ),
        issued_at=datetime.fromtimestamp(issued, UTC),
        refresh_expires_at=datetime.fromtimestamp(refresh["exp"], UTC),
    )


@unit_of_work()
def log_out(*, actor: Actor, now: datetime, everywhere: bool = False) -> int:
    """End the caller's session, or all of theirs; returns how many ended. In force from the answer on."""
    mine = {"user_id": actor.user_id}
    ended = end_sessions(mine if everywhere else mine | {"_id": actor.session_id}, actor=actor, now=now)
    if ended:  # another call may have been quicker
        target = actor.user_id if everywhere else str(actor.session_id)
        audit.record(actor, "session.revoked", target=target, now=now, after={"sessions": ended})
    return len(ended)


@unit_of_work()
def revoke(session_id: str, *, actor: Actor, now: datetime) -> None:
    """End one of the caller's sessions, here or elsewhere, of API or console.

    Raises:
        NotFoundError: no such session, another person's, or over; the same answer, on purpose.
    """
    if not end_sessions({"user_id": actor.user_id, "_id": session_id}, actor=actor, now=now):
        raise NotFoundError
    audit.record(actor, "session.revoked", target=session_id, now=now, after={"sessions": [session_id]})


@unit_of_work()
def revoke_others(*, actor: Actor, now: datetime) -> int:
    """End all of the caller's sessions but the one they call from; returns how many ended."""
    ended = end_sessions({"user_id": actor.user_id, "_id": {"$ne": actor.session_id}}, actor=actor, now=now)
    if ended:
        after = {"sessions": ended}
        audit.record(actor, "session.revoked", target=actor.user_id, now=now, after=after)
    return len(ended)


@unit_of_work()
def end_by_staff(session_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """End anybody's session.

    Raises:
        NotFoundError: no such session, or it is over.
    """
    if not end_sessions({"_id": session_id}, actor=actor, now=now):
        raise NotFoundError
    after = {"sessions": [session_id]}
    audit.record(actor, "session.revoked", target=session_id, now=now, after=after, reason=reason)


@unit_of_work()
def end_sessions(scope: Document, *, actor: Actor, now: datetime) -> list[str]:
    """End the sessions in force that match ``scope``; returns their ids. Part of an audited change.

    The way by which somebody's sessions end: whoever disables a user, changes their password or their rights
    calls it, since what Redis remembers of a session is looked at again only after a minute.
    """
    sessions = collection("sessions")
    in_force = scope | {"revoked_at": None, "expires_at": {"$gt": now}}
    ended: list[str] = []
    while len(ended) % BATCH == 0:  # a batch that is not full is the last
        found = sessions.find(in_force, {"viewing_as": 1}, limit=BATCH)
        batch = [each["_id"] for each in found]
        if not batch:
            break
        sessions.update_all({"_id": {"$in": batch}}, {"$set": {"revoked_at": now}})
        viewing.note_ends(found, actor=actor, now=now)
        ended += batch
    if ended:
        make_known(ended)
    return ended


def look_again(user_id: str, *, now: datetime) -> None:
    """See to it that no worker trusts what it remembers of a user's sessions: all are different now."""
    in_force = {"user_id": user_id, "revoked_at": None, "expires_at": {"$gt": now}}
    found = collection("sessions").find(in_force, {"_id": 1}, limit=BATCH)
    if len(found) == BATCH:
        raise_epoch()
    else:
        make_known([each["_id"] for each in found])


def make_known(ended: list[str]) -> None:
    """See to it that no worker trusts what it remembers of sessions that this unit of work changes.

    Before the commit, so that a death right after it leaves nothing to be said; and once more after it,
    since Redis may have been emptied between, and have learnt again what was still true.
    """
    if queries.distrust(ended):
        on_commit(lambda: _distrust(ended))
    else:
        raise_epoch()


def _distrust(session_ids: list[str]) -> None:
    """Mark the sessions in Redis; where it does not take the mark, trust nothing that it remembers."""
    if not queries.distrust(session_ids):
        raise_epoch()


def raise_epoch() -> None:
    """Make every worker look in MongoDB for every session: Redis may remember what is over."""
    switches.count_up(queries.EPOCH, "epoch")
