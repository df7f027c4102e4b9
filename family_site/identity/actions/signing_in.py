"""Signing in: a name and a password, and the code of a second factor where there is one.

Source: HTTP contract, section 11; design, section 7.
"""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from family_site.identity import queries, rules
from family_site.identity.actions import codes, failures, sessions, sign_in_challenges
from family_site.identity.actions.codes import Match
from family_site.identity.actions.sessions import SignIn
from family_site.identity.actions.sign_in_challenges import Answered
from family_site.identity.errors import (
    AccountDisabledError,
    InvalidCredentialsError,
    NewPasswordRequiredError,
)
from ops import audit
from ops.access import gate
from ops.actors import Actor, ActorKind
from ops.logs import logger
from ops.metrics import access
from ops.mongo.collections import Document
from ops.mongo.unit_of_work import unit_of_work

log = logger(__name__)


def log_in(  # noqa: PLR0913  # what a sign-in is made of
    identifier: str,
    password: str,
    *,
    actor: Actor,
    now: datetime,
    code: str | None = None,
    method: str | None = None,
) -> SignIn:
    """Open a session of the API for whoever has this name or address, this password, and this code.

    Args:
        identifier: name or address.
        password: as typed.
        actor: who asks, and from where.
        now: time of the attempt.
        code: of the second factor; not looked at where there is none.
        method: ``totp`` or ``backup``; ``None``: by the code's form.

    Raises:
        TwoFactorRequiredError: the password is right, and a code is needed; carries the challenge.
        And as ``recognised``.
    """
    user = recognised(identifier, password, actor=actor, now=now)
    if not user.get("second_factor"):
        return open_session(user, actor=actor, now=now)
    if code is None:
        raise sign_in_challenges.issue(user, actor=actor, now=now)
    match = codes.looked_at(user, code, method=method, address=actor.address, now=now)
    return _open_by_code(match, actor=actor, now=now)


def answer(token: str, code: str, *, method: str | None, actor: Actor, now: datetime) -> SignIn:
    """Open a session of the API by answering a challenge with a code.

    Raises:
        As ``sign_in_challenges.look_at``.
    """
    answered = sign_in_challenges.look_at(token, code, method=method, actor=actor, now=now)
    return _open_by_challenge(answered, actor=actor, now=now)


def answer_by_browser(token: str, code: str, *, method: str | None, actor: Actor, now: datetime) -> Document:
    """Answer a challenge with a code; returns the user, for whom the page then opens a browser's session.

    Raises:
        As ``sign_in_challenges.look_at``.
    """
    answered = sign_in_challenges.look_at(token, code, method=method, actor=actor, now=now)
    sign_in_challenges.close(answered, actor=_person(answered.user, actor), now=now)
    return answered.user


def recognised(identifier: str, password: str, *, actor: Actor, now: datetime) -> Document:
    """Return the user who has this name or address and this password; failures are counted.

    Raises:
        AccessBlockedError: the address that was typed is blocked, whether or not it is anybody's; or the
            password is right, and the user or their address is blocked.
        RateLimitExceededError: too many failures before; told whether or not the password is right.
        InvalidCredentialsError: no such user or a wrong password, after the same work in both cases.
        AccountDisabledError: the password is right, the user disabled.
        NewPasswordRequiredError: the password is right, and they must choose another.
    """
    if "@" in identifier:
        gate.refuse_blocked_email(rules.folded_email(identifier), address=actor.address)
    attempt = failures.count(identifier, actor.address, now=now)
    user = queries.user_by_identifier(identifier)
    if user is None:
        make_password(password)  # as much work as looking at a password takes
        access.sign_ins.inc(access.FAILED)
        log.info("auth.login.failed", reason="unknown_user")
        raise InvalidCredentialsError
    if not check_password(password, user["password"]):
        access.sign_ins.inc(access.FAILED)
        log.info("auth.login.failed", reason="wrong_password", user=user["_id"])
        raise InvalidCredentialsError
    failures.take_back(attempt)
    if not user["is_active"]:
        access.sign_ins.inc(access.DISABLED)
        log.info("auth.login.failed", reason="disabled", user=user["_id"])
        raise AccountDisabledError
    gate.refuse_blocked_person(user["_id"], user["email"])
    if user.get(rules.NEW_PASSWORD_SINCE):
        access.sign_ins.inc(access.DISABLED)
        log.info("auth.login.failed", reason="new_password_required", user=user["_id"])
        raise NewPasswordRequiredError
    return user


@unit_of_work()
def open_session(user: Document, *, actor: Actor, now: datetime, by_code: bool = False) -> SignIn:
    """Open a session of the API for a user who has shown who they are; ``by_code``: with a second factor."""
    sign_in = sessions.start_session(user, actor=actor, now=now, by_code=by_code)
    person = replace(_person(user, actor), session_id=sign_in.session_id)
    after = {"second_factor": True} if by_code else None
    audit.record(person, "session.opened", target=sign_in.session_id, now=now, after=after)
    return sign_in


@unit_of_work()
def _open_by_challenge(answered: Answered, *, actor: Actor, now: datetime) -> SignIn:
    sign_in_challenges.close(answered, actor=_person(answered.user, actor), now=now)
    return open_session(answered.user, actor=actor, now=now, by_code=True)


@unit_of_work()
def _open_by_code(match: Match, *, actor: Actor, now: datetime) -> SignIn:
    codes.use_up(match, actor=_person(match.user, actor), now=now)
    return open_session(match.user, actor=actor, now=now, by_code=True)


def _person(user: Document, actor: Actor) -> Actor:
    """Return who asks as the user they have shown to be."""
    return replace(actor, kind=ActorKind.USER, id=user["_id"])
