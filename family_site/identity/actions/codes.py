"""Codes of a second factor: looked at, and used up. Codes of the authenticator, and backup codes.

Invariant: a code counts once. Looking at it changes nothing but the count of failures, which lies in MongoDB
and outlives the refusal; using it is one conditional write to the user, in the unit of work of what it is
for: of two uses one finds nothing left to write. A step of the authenticator that has been used takes all
before it along.

Source: HTTP contract, sections 1.2, 3 (login_2fa) and 11 (second factor).
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from family_site.identity import rules, totp
from family_site.identity.actions import failures, security
from family_site.identity.errors import InvalidCredentialsError
from family_site.identity.rules import SecurityEvent
from ops import audit, sealed
from ops.actors import Actor
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import METHODS

TOTP, BACKUP = METHODS
# No letter that is taken for another one or for a digit.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
HALF = 5
SIX_DIGITS = re.compile(r"[0-9]{6}\Z", re.ASCII)
log = logger(__name__)


@dataclass(frozen=True)
class Match:
    """A code that was right when it was looked at. ``as_seen``: the user, as long as it has not been used."""

    user: Document
    method: str
    as_seen: Document
    change: Document


def looked_at(
    user: Document, code: str, *, method: str | None = None, address: str | None, now: datetime
) -> Match:
    """Return what using a code will write. Counts as a failure unless it is right.

    Args:
        user: whose, with a second factor.
        code: as typed.
        method: ``totp`` or ``backup``; ``None``: by its form.
        address: of the network, where it came from.
        now: time of the attempt.

    Raises:
        RateLimitExceededError: there were too many wrong ones before; this one was not looked at.
        InvalidCredentialsError: it is wrong, or has been used.
    """
    attempt = failures.count(user["_id"], address, now=now, limits=rules.CODE_LIMITS)
    typed = cleaned(code)
    is_totp = method == TOTP or (method is None and SIX_DIGITS.match(typed) is not None)
    match = _of_authenticator(user, typed, now=now) if is_totp else _of_backup(user, typed)
    if match is None:
        access.sign_ins.inc(access.SECOND_FACTOR_FAILED)
        log.info("auth.second_factor.failed", user=user["_id"], method=TOTP if is_totp else BACKUP)
        raise InvalidCredentialsError
    failures.take_back(attempt)
    return match


@unit_of_work()
def use(match: Match, *, actor: Actor, now: datetime) -> bool:
    """Use a code up, as part of the change that it is for; tells whether it was still good."""
    if not collection("users").update(match.as_seen, match.change):
        return False
    if match.method == BACKUP:
        after = {"backup_codes_left": len(match.user["second_factor"]["backup_codes"]) - 1}
        target = match.user["_id"]
        entry = audit.record(actor, "second_factor.backup_code_used", target=target, now=now, after=after)
        event = SecurityEvent.BACKUP_CODE_USED
        security.warn(event, match.user, change=entry, now=now, session_id=actor.session_id)
    return True


@unit_of_work()
def use_up(match: Match | None, *, actor: Actor, now: datetime) -> None:
    """Use a code up, as part of the change that it is for; ``None``: none is needed.

    Raises:
        InvalidCredentialsError: it has been used meanwhile.
    """
    if match is not None and not use(match, actor=actor, now=now):
        raise InvalidCredentialsError


def new_backup_codes() -> list[str]:
    """Return fresh backup codes of 49 random bits each, as people get to see them."""
    return [f"{_random(HALF)}-{_random(HALF)}" for _ in range(rules.BACKUP_CODES)]


def kept(codes: list[str], user_id: str, *, now: datetime) -> dict[str, Any]:
    """Return what is stored of backup codes: keyed digests, and when they were made."""
    digests = [sealed.digest(cleaned(code), purpose=_purpose_of_backup(user_id)) for code in codes]
    return {"backup_codes": digests, "backup_codes_at": int(now.timestamp())}


def cleaned(code: str) -> str:
    """Return a code without what people type between its parts, in lower case."""
    return re.sub(r"[\s-]", "", code).lower()


def seal(secret: str, user_id: str) -> str:
    """Return an authenticator's secret as it is stored."""
    return sealed.seal(secret, purpose=purpose_of_secret(user_id))


def opened(stored: str, user_id: str) -> str | None:
    """Return an authenticator's secret; ``None``: the key that sealed it is gone."""
    secret = sealed.opened(stored, purpose=purpose_of_secret(user_id))
    if secret is None:
        log.error("auth: no key opens the secret of a second factor", user=user_id)
    return secret


def purpose_of_secret(user_id: str) -> str:
    """Return what an authenticator's secret is sealed for."""
    return f"second factor:{user_id}"


def _of_authenticator(user: Document, code: str, *, now: datetime) -> Match | None:
    factor = user["second_factor"]
    secret = opened(factor["secret"], user["_id"])
    step = secret and totp.matching_step(secret, code, now=now, after=factor["last_step"])
    if not step:
        return None
    as_seen = {
        "_id": user["_id"],
        "second_factor.secret": factor["secret"],
        "second_factor.last_step": {"$lt": step},
    }
    return Match(user, TOTP, as_seen, {"$set": {"second_factor.last_step": step}})


def _of_backup(user: Document, code: str) -> Match | None:
    purpose = _purpose_of_backup(user["_id"])
    codes = user["second_factor"]["backup_codes"]
    found = [each for each in codes if sealed.is_of(code, each, purpose=purpose)]
    if not found:
        return None
    as_seen = {"_id": user["_id"], "second_factor.backup_codes": found[0]}
    return Match(user, BACKUP, as_seen, {"$pull": {"second_factor.backup_codes": found[0]}})


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _purpose_of_backup(user_id: str) -> str:
    return f"backup code:{user_id}"
