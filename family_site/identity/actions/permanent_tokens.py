"""Permanent tokens: making and revoking what programs sign in with. Source: HTTP contract, section 11."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from family_site.identity import queries, rules
from family_site.identity.actions import security
from family_site.identity.rules import SecurityEvent
from ops import audit, links, second_factor
from ops.actors import Actor, Scope
from ops.errors import EmailNotConfirmedError, FieldFault, NotFoundError, ValidationFailedError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work


@dataclass(frozen=True)
class Wanted:
    """What a token shall be.

    Args:
        description: what it is for, in its user's words.
        scopes: what it opens.
        networks: from where it is good; none: from everywhere.
        expires_at: when it ends; ``None``: after ``rules.TOKEN_FOR``.
    """

    description: str
    scopes: Sequence[Scope]
    networks: Sequence[str] = ()
    expires_at: datetime | None = None


class Made(NamedTuple):
    """A token's document, and the token itself, which stands nowhere else."""

    document: Document
    token: str


@unit_of_work()
def create(wanted: Wanted, *, actor: Actor, now: datetime) -> Made:
    """Make a token for the caller, who is warned of it.

    Raises:
        FreshTwoFactorRequiredError: they have a second factor, and have not shown it just now.
        TwoFactorSetupRequiredError: it asks for ``admin``, and they have still to set up a second factor.
        EmailNotConfirmedError: their address is not confirmed.
        ValidationFailedError: it would have expired, or not for too long; it asks for ``admin``, and they
            are no staff; or they have as many as they can.
    """
    second_factor.require_fresh(actor)
    user = queries.user_by_id(actor.user_id)
    if not queries.is_confirmed(user):
        raise EmailNotConfirmedError
    if Scope.ADMIN in wanted.scopes and user["is_staff"]:  # such a token counts as a second factor shown
        second_factor.require_of_staff(actor)
    return _made(user, wanted, actor=actor, now=now)


@unit_of_work()
def create_by_operator(user_id: str, wanted: Wanted, *, actor: Actor, now: datetime) -> Made:
    """Make a token for a user, on the machine; they are warned of it.

    Raises:
        InvalidTokenError: there is no such user.
        ValidationFailedError: as ``create``.
    """
    return _made(queries.user_by_id(user_id), wanted, actor=actor, now=now)


@unit_of_work()
def revoke(token_id: str, *, actor: Actor, now: datetime) -> None:
    """Revoke one of the caller's tokens; it is refused from the next request on.

    Raises:
        NotFoundError: no such token, another person's, or over; the same answer, on purpose.
    """
    _revoked({"_id": token_id, "user_id": actor.user_id}, actor=actor, now=now)


@unit_of_work()
def revoke_by_staff(token_id: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Revoke anybody's token; they are warned of it.

    Raises:
        NotFoundError: no such token, or it is over.
    """
    token, entry = _revoked({"_id": token_id}, actor=actor, now=now, reason=reason)
    user = queries.user_by_id(token["user_id"])
    security.warn(SecurityEvent.PERMANENT_TOKEN_REVOKED, user, change=entry, now=now)


@unit_of_work()
def revoke_by_operator(token: str, *, actor: Actor, now: datetime) -> None:
    """Revoke a token by itself, on the machine where it lies.

    Raises:
        NotFoundError: no such token, or it is over.
    """
    _revoked({"digest": links.digest(token)}, actor=actor, now=now)


def _made(user: Document, wanted: Wanted, *, actor: Actor, now: datetime) -> Made:
    """Write it, and that there is one more: in the user's document, where all who make one for them meet."""
    expires_at = (wanted.expires_at or now + rules.TOKEN_FOR).replace(microsecond=0)
    others = rules.tokens_in_force(user, now)
    if faults := _faults(user, wanted, expires_at, len(others), now):
        raise ValidationFailedError(faults)
    token = rules.TOKEN_PREFIX + secrets.token_urlsafe(rules.TOKEN_BYTES)
    document = {
        "_id": new_id("tok"),
        "v": 1,
        "user_id": user["_id"],
        "description": wanted.description,
        "scopes": sorted({str(each) for each in wanted.scopes}),
        "ip_restrictions": list(wanted.networks),
        "digest": links.digest(token),
        "security_stamp": user["security_stamp"],
        "created_at": now,
        "expires_at": expires_at,
        "last_used_at": None,
        "usage_count": 0,
        "revoked_at": None,
    }
    mark = {
        "token_id": document["_id"],
        "security_stamp": user["security_stamp"],
        "expires_at": int(expires_at.timestamp()),
    }
    collection("users").update({"_id": user["_id"]}, {"$set": {"permanent_tokens": [*others, mark]}})
    collection("api_tokens").insert(document)
    entry = audit.record(
        actor,
        "permanent_token.created",
        target=document["_id"],
        now=now,
        after={name: document[name] for name in ("user_id", "scopes", "expires_at")},
        private={"after": {name: document[name] for name in ("description", "ip_restrictions")}},
    )
    security.warn(
        SecurityEvent.PERMANENT_TOKEN_MADE, user, change=entry, now=now, session_id=actor.session_id
    )
    return Made(document, token)


def _faults(
    user: Document, wanted: Wanted, expires_at: datetime, others: int, now: datetime
) -> list[FieldFault]:
    """Return what is wrong with a token that somebody wants."""
    faults = []
    if Scope.ADMIN in wanted.scopes and not user["is_staff"]:
        faults.append(FieldFault("scopes", "not_allowed", "Only members of staff have the scope admin."))
    if expires_at <= now:
        faults.append(FieldFault("expires_at", "too_small", "That is past."))
    if expires_at > now + rules.LONGEST_TOKEN_FOR:
        most = f"At most {rules.LONGEST_TOKEN_FOR.days} days from now."
        faults.append(FieldFault("expires_at", "too_large", most))
    if others >= rules.MOST_TOKENS:
        full = f"There are {rules.MOST_TOKENS} tokens in force already; revoke one first."
        faults.append(FieldFault("body", "not_allowed", full))
    return faults


def _revoked(
    which: Document, *, actor: Actor, now: datetime, reason: str | None = None
) -> tuple[Document, str]:
    """Revoke a token unless it is over; returns it, and the id of the audit entry."""
    in_force = which | {"revoked_at": None, "expires_at": {"$gt": now}}
    token = collection("api_tokens").find_and_update(in_force, {"$set": {"revoked_at": now}})
    if token is None:
        raise NotFoundError
    gone = {"$pull": {"permanent_tokens": {"token_id": token["_id"]}}}
    collection("users").update({"_id": token["user_id"]}, gone)
    entry = audit.record(
        actor,
        "permanent_token.revoked",
        target=token["_id"],
        now=now,
        after={"user_id": token["user_id"], "revoked_at": now},
        reason=reason,
    )
    return token, entry
