"""Between the right password and the code: a challenge, answered once, from where it was asked.

Invariant: a challenge is tried five times at most, whatever happens in parallel: a try is counted by one
atomic write before the code is looked at. It opens one session at most: that unit of work marks it as used.
The token is stored as its SHA-256 only.

Source: HTTP contract, sections 3 (login_2fa) and 11 (second factor).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from family_site.identity import queries, rules
from family_site.identity.actions import codes
from family_site.identity.actions.codes import Match
from family_site.identity.errors import InvalidCredentialsError, InvalidTokenError, TwoFactorRequiredError
from ops.access import gate
from ops.actors import Actor
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Answered:
    """A challenge whose code was right when it was looked at."""

    challenge_id: str
    match: Match

    @property
    def user(self) -> Document:
        """Who has shown who they are."""
        return self.match.user


def issue(user: Document, *, actor: Actor, now: datetime) -> TwoFactorRequiredError:
    """Write a challenge for who knew the password; returns the refusal that carries its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    collection("sign_in_challenges").insert(
        {
            "_id": name_of(token),
            "v": 1,
            "user_id": user["_id"],
            "security_stamp": user["security_stamp"],
            "address": actor.address,
            "tries": 0,
            "created_at": now,
            "expires_at": now + rules.CHALLENGED_WITHIN,
            "used_at": None,
        }
    )
    access.sign_ins.inc(access.SECOND_FACTOR_NEEDED)
    seconds = int(rules.CHALLENGED_WITHIN.total_seconds())
    return TwoFactorRequiredError(challenge_token=token, expires_in=seconds)


def look_at(token: str, code: str, *, method: str | None, actor: Actor, now: datetime) -> Answered:
    """Look at the code with which a challenge is answered.

    Raises:
        InvalidTokenError: unknown, used, or tried too often (``revoked``), ``expired``, or from another
            ``address``.
        RateLimitExceededError: too many wrong codes of this user.
        InvalidCredentialsError: the code is wrong.
        AccessBlockedError: the user or their address is blocked.
    """
    challenge = _tried(token, actor=actor, now=now)
    user = queries.user_by_id(challenge["user_id"])
    is_as_asked = user["is_active"] and user["security_stamp"] == challenge["security_stamp"]
    if not is_as_asked or not user.get("second_factor"):
        raise InvalidTokenError("revoked")
    gate.refuse_blocked_person(user["_id"], user["email"])
    match = codes.looked_at(user, code, method=method, address=actor.address, now=now)
    return Answered(challenge["_id"], match)


def name_of(token: str) -> str:
    """Return what a challenge is stored and counted under; it opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


@unit_of_work()
def close(answered: Answered, *, actor: Actor, now: datetime) -> None:
    """Use challenge and code up, as part of opening a session.

    Raises:
        InvalidCredentialsError: either has been used meanwhile.
    """
    unused = {"_id": answered.challenge_id, "used_at": None}
    if not collection("sign_in_challenges").update(unused, {"$set": {"used_at": now}}):
        raise InvalidCredentialsError
    codes.use_up(answered.match, actor=actor, now=now)


def _tried(token: str, *, actor: Actor, now: datetime) -> Document:
    """Count a try, unless it is none."""
    challenges, challenge_id = collection("sign_in_challenges"), name_of(token)
    can_be_tried = {
        "_id": challenge_id,
        "used_at": None,
        "expires_at": {"$gt": now},
        "address": actor.address,
        "tries": {"$lt": rules.TRIES_A_CHALLENGE},
    }
    challenge = challenges.find_and_update(can_be_tried, {"$inc": {"tries": 1}})
    if challenge is not None:
        return challenge
    found = challenges.find_one({"_id": challenge_id})
    if found is not None and found["address"] != actor.address:
        raise InvalidTokenError("address")
    if found is not None and found["expires_at"] <= now:
        raise InvalidTokenError("expired")
    raise InvalidTokenError("revoked")
