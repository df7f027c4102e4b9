"""Showing again, in an open session, that it is still the same person.

What confirms a session is kept with it for ten minutes; what came as a code with the call is used up by the
change. Source: HTTP contract, sections 1.2 (fresh second factor) and 11 (reauthenticate).
"""

from datetime import datetime
from functools import partial

from django.contrib.auth.hashers import check_password

from family_site.identity import queries, rules, sign_in_queries
from family_site.identity.actions import codes, failures, sessions
from family_site.identity.actions.codes import Match
from family_site.identity.errors import InvalidCredentialsError, InvalidTokenError
from ops import audit, clock
from ops.actors import Actor
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.second_factor import Confirmation, was_shown


def prove_password(user: Document, password: str, *, actor: Actor, now: datetime) -> None:
    """Look at a password again; a wrong one counts as a failure to sign in.

    Raises:
        RateLimitExceededError: too many failures before.
        InvalidCredentialsError: it is wrong.
    """
    attempt = failures.count(user["username"], actor.address, now=now)
    if not check_password(password, user["password"]):
        raise InvalidCredentialsError
    failures.take_back(attempt)


def code_of(user: Document, code: str | None, *, actor: Actor, now: datetime) -> Match | None:
    """Look at the code that is needed of who has a second factor; ``None``: they have none.

    Raises:
        RateLimitExceededError: too many wrong codes before.
        InvalidCredentialsError: it is wrong, or missing.
    """
    if not user.get("second_factor"):
        return None
    if code is None:
        raise InvalidCredentialsError
    return codes.looked_at(user, code, address=actor.address, now=now)


def reauthenticate(password: str | None, code: str | None, *, actor: Actor, now: datetime) -> datetime:
    """Confirm the caller's session, by the code where there is a second factor, else by the password.

    Whatever else is sent must be right, too. Returns until when it is confirmed.

    Raises:
        InvalidCredentialsError: one of them is wrong, or what is needed is missing.
    """
    user = queries.user_by_id(actor.user_id)
    if password is not None:
        prove_password(user, password, actor=actor, now=now)
    match = code_of(user, code, actor=actor, now=now)
    if match is None and password is None:
        raise InvalidCredentialsError
    return _confirm(match, actor=actor, now=now)


def prove_by_code(code: str, *, actor: Actor, now: datetime) -> None:
    """Use a code of the caller's up, for a browser's session that the page then marks as confirmed.

    Raises:
        InvalidCredentialsError: it is wrong, or there is no second factor.
    """
    match = codes.looked_at(_with_one(actor), code, address=actor.address, now=now)
    _use_for_browser(match, actor=actor, now=now)


def confirmation_of(actor: Actor, code: str | None) -> Confirmation | None:
    """Return what confirms the caller of a change that needs a fresh second factor; ``None``: nothing does.

    A code that came is looked at now, outside of the unit of work, so that a wrong one is counted.

    Raises:
        RateLimitExceededError: too many wrong codes before.
    """
    now = clock.now()
    if code:
        try:
            match = codes.looked_at(_with_one(actor), code, address=actor.address, now=now)
        except InvalidCredentialsError:
            return None
        return partial(codes.use, match, actor=actor, now=now)
    confirmed = actor.session_id and sign_in_queries.confirmed_at(actor.session_id, now=now)
    if not confirmed:
        return None
    factor = queries.user_by_id(actor.user_id).get("second_factor")
    return (lambda: True) if was_shown(confirmed.timestamp(), factor) else None


def _with_one(actor: Actor) -> Document:
    user = queries.user_by_id(actor.user_id)
    if not user.get("second_factor"):
        raise InvalidCredentialsError
    return user


@unit_of_work()
def _confirm(match: Match | None, *, actor: Actor, now: datetime) -> datetime:
    codes.use_up(match, actor=actor, now=now)
    until = now + rules.FRESH_FOR
    change = {"fresh_until": until, "second_factor_at": now if match else None}
    if not collection("sessions").update({"_id": actor.session_id, "revoked_at": None}, {"$set": change}):
        raise InvalidTokenError("revoked")
    sessions.make_known([str(actor.session_id)])
    _record(match, actor=actor, now=now)
    return until


@unit_of_work()
def _use_for_browser(match: Match, *, actor: Actor, now: datetime) -> None:
    codes.use_up(match, actor=actor, now=now)
    _record(match, actor=actor, now=now)


def _record(match: Match | None, *, actor: Actor, now: datetime) -> None:
    after = {"by": match.method if match else "password"}
    audit.record(actor, "session.confirmed", target=str(actor.session_id), now=now, after=after)
