"""A user's second factor: set up, turned on, replaced, turned off, taken away. Its backup codes.

Invariant: a secret counts only once a code of it has come back, and is kept sealed; backup codes are kept as
keyed digests. Each change is one conditional write to the user as they were looked at. What workers
remember of the user's sessions is looked at again from then on.

Source: HTTP contract, sections 1.2 and 11 (2fa), 17 (second factor).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from family_site.identity import queries, rules, totp
from family_site.identity.actions import codes, failures, security, sessions
from family_site.identity.actions.proving import prove_password
from family_site.identity.errors import InvalidCredentialsError, TwoFactorStateError
from family_site.identity.models.user import new_stamp
from family_site.identity.rules import SecurityEvent
from ops import audit
from ops.actors import Actor
from ops.errors import InsufficientPermissionsError
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import require_fresh


@dataclass(frozen=True)
class SetUp:
    """A secret that waits for a first code of it; told to its user only, and only now."""

    secret: str
    uri: str
    expires_at: datetime
    is_on: bool  # another one holds until then


def set_up(password: str, *, actor: Actor, now: datetime) -> SetUp:
    """Make a secret for the caller, who has none yet; it waits ten minutes for a code.

    Raises:
        TwoFactorStateError: there is one already.
        InvalidCredentialsError: wrong password.
    """
    user = queries.user_by_id(actor.user_id)
    prove_password(user, password, actor=actor, now=now)
    if user.get("second_factor"):
        raise TwoFactorStateError("already_on", "You have a second factor already; reset replaces it.")
    return _wait_for_code(user, actor=actor, now=now)


def replace(password: str, code: str, *, actor: Actor, now: datetime) -> SetUp:
    """Make another secret for the caller; the one they have holds until a code of the new one has come.

    Raises:
        TwoFactorStateError: there is none.
        InvalidCredentialsError: wrong password or code.
    """
    user = _with_one(actor)
    prove_password(user, password, actor=actor, now=now)
    match = codes.looked_at(user, code, address=actor.address, now=now)
    return _wait_for_code(user, match, actor=actor, now=now)


def turn_on(code: str, *, actor: Actor, now: datetime) -> list[str]:
    """Let the secret that waits count, since a code of it has come; returns the backup codes, only now.

    The caller's session counts as signed in with it.

    Raises:
        TwoFactorStateError: none waits, or it waited too long.
        InvalidCredentialsError: wrong code.
    """
    user = queries.user_by_id(actor.user_id)
    waiting = _waiting(user, now)
    attempt = failures.count(user["_id"], actor.address, now=now, limits=rules.CODE_LIMITS)
    secret = codes.opened(waiting["secret"], user["_id"])
    step = secret and totp.matching_step(secret, codes.cleaned(code), now=now, after=0)
    if not step:
        raise InvalidCredentialsError
    failures.take_back(attempt)
    backup_codes = codes.new_backup_codes()
    factor = {
        "secret": waiting["secret"],
        "on_since": int(now.timestamp()),
        "last_step": step,
        **codes.kept(backup_codes, user["_id"], now=now),
    }
    _turn_on(user, factor, actor=actor, now=now)
    return backup_codes


def turn_off(password: str, code: str, *, actor: Actor, now: datetime) -> None:
    """Take the caller's second factor away.

    Raises:
        TwoFactorStateError: there is none.
        InvalidCredentialsError: wrong password or code.
        InsufficientPermissionsError: the caller is staff.
    """
    user = _with_one(actor)
    if user["is_staff"]:
        raise InsufficientPermissionsError(required="no role of staff")
    prove_password(user, password, actor=actor, now=now)
    match = codes.looked_at(user, code, address=actor.address, now=now)
    _turn_off(match, actor=actor, now=now)


@unit_of_work()
def renew_backup_codes(*, actor: Actor, now: datetime) -> list[str]:
    """Make new backup codes for the caller; the old ones are void. Returns them, only now.

    Raises:
        TwoFactorStateError: there is no second factor.
        FreshTwoFactorRequiredError: it was not shown just now.
    """
    user = _with_one(actor)
    require_fresh(actor)
    made = codes.new_backup_codes()
    fields = {
        f"second_factor.{name}": value for name, value in codes.kept(made, user["_id"], now=now).items()
    }
    as_seen = {"_id": user["_id"], "second_factor.secret": user["second_factor"]["secret"]}
    if not collection("users").update(as_seen, {"$set": fields}):
        raise TwoFactorStateError("not_on", "There is no second factor any more.")
    after = {"backup_codes": len(made)}
    entry = audit.record(actor, "second_factor.backup_codes_made", target=user["_id"], now=now, after=after)
    event = SecurityEvent.BACKUP_CODES_MADE
    security.warn(event, user, change=entry, now=now, session_id=actor.session_id)
    return made


@unit_of_work()
def take_away(user_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Take somebody's second factor away, who has lost it; all their sessions and tokens end.

    Raises:
        TwoFactorStateError: there is none.
        InsufficientPermissionsError: it is the actor's own, or staff's and the actor is no superuser.
    """
    user = queries.user_by_id(user_id)
    if right := rules.right_missing_to_disable(user_id, is_staff=user["is_staff"], actor=actor):
        raise InsufficientPermissionsError(required=right)
    require_fresh(actor)
    off = {"second_factor": None, "second_factor_pending": None, "security_stamp": new_stamp()}
    if not user.get("second_factor") or not collection("users").update(
        {"_id": user_id, "second_factor.secret": user["second_factor"]["secret"]}, {"$set": off}
    ):
        raise TwoFactorStateError("not_on", "There is no second factor.")
    after = {"sessions_ended": sessions.end_sessions({"user_id": user_id}, actor=actor, now=now)}
    entry = audit.record(actor, "second_factor.reset", target=user_id, now=now, after=after, reason=reason)
    security.warn(SecurityEvent.SECOND_FACTOR_RESET, user, change=entry, now=now)


@unit_of_work()
def _wait_for_code(user: Document, match: codes.Match | None = None, *, actor: Actor, now: datetime) -> SetUp:
    codes.use_up(match, actor=actor, now=now)
    secret, expires_at = totp.new_secret(), int((now + rules.SET_UP_WITHIN).timestamp())
    waiting = {"secret": codes.seal(secret, user["_id"]), "expires_at": expires_at}
    as_seen = {"_id": user["_id"], "security_stamp": user["security_stamp"]} | _unchanged(user)
    if not collection("users").update(as_seen, {"$set": {"second_factor_pending": waiting}}):
        raise InvalidCredentialsError
    audit.record(actor, "second_factor.set_up", target=user["_id"], now=now)
    return _told(user, secret, expires_at)


@unit_of_work()
def _turn_on(user: Document, factor: Document, *, actor: Actor, now: datetime) -> None:
    as_seen = {"_id": user["_id"], "second_factor_pending.secret": factor["secret"]} | _unchanged(user)
    change = {"$set": {"second_factor": factor, "second_factor_pending": None}}
    if not collection("users").update(as_seen, change):
        raise TwoFactorStateError("not_pending", "It was set up from elsewhere at this very moment.")
    mine = {"_id": actor.session_id, "user_id": user["_id"], "kind": "api"}
    collection("sessions").update(mine, {"$set": {"second_factor_at": now}})
    sessions.look_again(user["_id"], now=now)
    replaced = bool(user.get("second_factor"))
    action = "second_factor.replaced" if replaced else "second_factor.turned_on"
    entry = audit.record(actor, action, target=user["_id"], now=now)
    event = SecurityEvent.SECOND_FACTOR_REPLACED if replaced else SecurityEvent.SECOND_FACTOR_ON
    security.warn(event, user, change=entry, now=now, session_id=actor.session_id)


@unit_of_work()
def _turn_off(match: codes.Match, *, actor: Actor, now: datetime) -> None:
    user = match.user
    codes.use_up(match, actor=actor, now=now)
    off: dict[str, Any] = {"second_factor": None, "second_factor_pending": None}
    collection("users").update({"_id": user["_id"]}, {"$set": off})
    sessions.look_again(user["_id"], now=now)
    entry = audit.record(actor, "second_factor.turned_off", target=user["_id"], now=now)
    event = SecurityEvent.SECOND_FACTOR_OFF
    security.warn(event, user, change=entry, now=now, session_id=actor.session_id)


def _waiting(user: Document, now: datetime) -> Document:
    waiting: Document | None = user.get("second_factor_pending")
    if not waiting or waiting["expires_at"] <= now.timestamp():
        raise TwoFactorStateError("not_pending", "Nothing is being set up, or it took too long; begin again.")
    return waiting


def _told(user: Document, secret: str, expires_at: int) -> SetUp:
    ends, is_on = datetime.fromtimestamp(expires_at, UTC), bool(user.get("second_factor"))
    return SetUp(secret, totp.uri(secret, user["username"]), ends, is_on=is_on)


def _with_one(actor: Actor) -> Document:
    user = queries.user_by_id(actor.user_id)
    if not user.get("second_factor"):
        raise TwoFactorStateError("not_on", "You have no second factor.")
    return user


def _unchanged(user: Document) -> Document:
    """Return the filter that the user's second factor is the one that was looked at, or is not there."""
    factor = user.get("second_factor")
    return {"second_factor.secret": factor["secret"]} if factor else {"second_factor": None}
