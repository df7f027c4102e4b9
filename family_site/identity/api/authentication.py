"""From the header ``Authorization`` to an actor."""

import base64
import binascii
from dataclasses import replace
from typing import Any

import structlog
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from family_site.identity import queries, rules, token_queries
from family_site.identity.errors import InvalidTokenError
from ops import clock, rejections, second_factor, signing
from ops.access import gate
from ops.actors import Actor, ActorKind, Scope
from ops.logs import logger
from ops.signing import BadTokenError, TokenType
from ops.web import limiting
from ops.web.callers import anonymous

log = logger(__name__)


class AccessTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``: an access token, whose session must be in force, or a permanent one.

    On operators' paths a permanent token may also come as the password of HTTP Basic, from its owner.
    """

    # What the schema says of every operation that needs a sign-in.
    errors = (InvalidTokenError,)

    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        """Return the actor and their session's id; ``None``: no credentials came.

        Raises:
            InvalidTokenError: with the reason.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        try:
            return _signed_in(request, header)
        except (BadTokenError, InvalidTokenError) as error:
            log.info("auth.token.rejected", reason=error.reason)
            rejections.count(error.reason)
            raise InvalidTokenError(error.reason) from None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # DRF's signature
        """Name the scheme."""
        return "Bearer"


def _signed_in(request: Request, header: str) -> tuple[Actor, str]:
    """Return who calls, and what they came with.

    Raises:
        BadTokenError, InvalidTokenError: with the reason.
    """
    scheme, _, sent = header.partition(" ")
    scheme, sent = scheme.lower(), sent.strip()
    if scheme == "basic" and _is_operators(request):
        return _by_permanent_token(request, *_name_and_password(sent))
    if scheme != "bearer":
        raise InvalidTokenError("malformed")
    if sent.startswith(rules.TOKEN_PREFIX):
        return _by_permanent_token(request, None, sent)
    claims = signing.verify(TokenType.ACCESS, sent)
    state = _counted_and_live(request, claims["sid"], claims["sub"])
    structlog.contextvars.bind_contextvars(session=claims["sid"])
    return _actor(request, state, session_id=claims["sid"]), claims["sid"]


def _by_permanent_token(request: Request, name: str | None, token: str) -> tuple[Actor, str]:
    """Return whom a permanent token is of, and its id; the call counts as theirs.

    Args:
        request: the call.
        name: whom the caller says it is of; ``None``: they do not.
        token: as it was sent.

    Raises:
        InvalidTokenError: it is not taken, or another person's.
        AccessBlockedError: its owner is blocked, or their e-mail address.
    """
    found = token_queries.good_token(
        token, name=name, address=request.META.get("REMOTE_ADDR"), now=clock.now()
    )
    token_id, user_id = str(found.token["_id"]), str(found.state["user_id"])
    view = request.parser_context["view"]
    limiting.count_user(request, view.operation_of(request.method), user_id=user_id, session_id=token_id)
    gate.refuse_blocked_person(user_id, found.email)
    scopes = frozenset(Scope(each) for each in found.token["scopes"])
    state = found.state | {"second_factor_shown": Scope.ADMIN in scopes}
    structlog.contextvars.bind_contextvars(token_id=token_id)
    return _actor(request, state, scopes=scopes, token_id=token_id), token_id


def _is_operators(request: Request) -> bool:
    return request.parser_context["view"].permission_for(request.method) is not None


def _name_and_password(sent: str) -> tuple[str, str]:
    """Return the two parts of what HTTP Basic sends. Source: RFC 7617, section 2.

    Raises:
        InvalidTokenError: it has not its form.
    """
    try:
        name, colon, password = base64.b64decode(sent, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidTokenError("malformed") from None
    if not colon:
        raise InvalidTokenError("malformed")
    return name, password


def _actor(request: Request, state: dict[str, Any], **came_with: Any) -> Actor:
    """Return who calls, by the state of what they came with."""
    structlog.contextvars.bind_contextvars(user=state["user_id"])
    return replace(
        anonymous(request),
        kind=ActorKind.STAFF if state["is_staff"] else ActorKind.USER,
        id=state["user_id"],
        name=state["username"],
        permissions=frozenset(state["permissions"]),
        second_factor=second_factor.standing(
            exists=state["has_second_factor"],
            shown=state["second_factor_shown"],
            is_staff=state["is_staff"],
        ),
        **came_with,
    )


def _counted_and_live(request: Request, session_id: str, user_id: str) -> dict[str, Any]:
    """Return the session's state, and count the call, in one round trip.

    Raises:
        InvalidTokenError: it is not in force; then the call does not count as the user's.
    """
    view = request.parser_context["view"]
    remembered = limiting.count_caller(
        request,
        view.operation_of(request.method),
        user_id=user_id,
        session_id=session_id,
        look_up=queries.remembered_as(session_id),
    )
    try:
        return queries.live_session(session_id, user_id, remembered)
    except InvalidTokenError:
        limiting.take_back(request)
        raise
