"""A session that goes on: its refresh token is changed for the next one.

Invariant: of each session one refresh token is good. The one before it yields the same successor for a
moment, since an answer can be lost; any other was copied, and whoever holds a copy ends the session.

Source: HTTP contract, section 11 (tokens).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from family_site.identity import queries, rules
from family_site.identity.actions import security
from family_site.identity.actions.sessions import SignIn, end_sessions, new_refresh, signed
from family_site.identity.errors import InvalidTokenError
from family_site.identity.rules import SecurityEvent
from ops import audit, rejections, signing
from ops import security as security_events
from ops.access import gate
from ops.actors import Actor, ActorKind
from ops.logs import logger
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import unit_of_work
from ops.security import SecurityEventType
from ops.signing import BadTokenError, TokenType

log = logger(__name__)


def refresh(token: str, *, actor: Actor, now: datetime) -> SignIn:
    """Change a refresh token for the next one and a fresh access token.

    Raises:
        InvalidTokenError: not a good refresh token, or its session is over (``revoked``), or the token was
            used before (``reused``): then the session has ended now.
        AccessBlockedError: the user or their address is blocked; the token stays good.
    """
    claims = _claims(token)
    sign_in = _changed(claims, actor=actor, now=now)
    if sign_in is None:  # raised out here: inside it would undo the end of the session
        log.warning("auth.refresh.reused", user=claims["sub"], session=claims["sid"])
        security_events.record(SecurityEventType.REFRESH_REUSED, claims["sub"], {"session": claims["sid"]})
        raise InvalidTokenError("reused")
    return sign_in


def session_of(token: str) -> str:
    """Return whose refresh token it is, by what it says of itself; touches no database.

    Raises:
        InvalidTokenError: not a good refresh token.
    """
    return str(_claims(token)["sid"])


def _claims(token: str) -> dict[str, Any]:
    try:
        return signing.verify(TokenType.REFRESH, token)
    except BadTokenError as error:
        log.info("auth.refresh.rejected", reason=error.reason)
        rejections.count(error.reason)
        raise InvalidTokenError(error.reason) from None


@unit_of_work()
def _changed(claims: dict[str, Any], *, actor: Actor, now: datetime) -> SignIn | None:
    """Return the successor; ``None``: a used token came, and the session has ended.

    Of parallel calls one unit changes the session; the others run again, and find its successor.
    """
    session, user = queries.session_in_force(claims["sid"], claims["sub"], now=now)
    gate.refuse_blocked_person(user["_id"], user["email"])
    good = session["refresh"]
    if claims["jti"] == good["jti"]:
        good = _rotate(session, actor=actor, now=now)
    elif not rules.may_be_repeated(claims["jti"], session.get("previous"), now):
        end_sessions({"_id": session["_id"]}, actor=actor, now=now)
        after = {"sessions": [session["_id"]], "cause": "refresh_token_reused"}
        entry = audit.record(actor, "session.revoked", target=session["_id"], now=now, after=after)
        event = SecurityEvent.TOKEN_REUSED
        security.warn(event, user, change=entry, now=now, session_id=session["_id"])
        return None
    return signed(user, session["_id"], good, now=now)


def _rotate(session: Document, *, actor: Actor, now: datetime) -> Document:
    following = new_refresh(now=now, ends_at=session["expires_at"])
    changed = {
        "refresh": following,
        "previous": {"jti": session["refresh"]["jti"], "rotated_at": now.timestamp()},
        "last_seen_at": now,
    }
    collection("sessions").update({"_id": session["_id"]}, {"$set": changed})
    person = replace(actor, kind=ActorKind.USER, id=session["user_id"], session_id=session["_id"])
    audit.record(person, "session.refreshed", target=session["_id"], now=now)
    return following
