"""From the header ``Authorization`` to an actor."""

from typing import Any

import structlog
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from family_site.identity import queries
from family_site.identity.errors import InvalidTokenError
from ops import signing
from ops.actors import Actor, ActorKind
from ops.logs import logger
from ops.signing import BadTokenError, TokenType
from ops.web import limiting

log = logger(__name__)


class AccessTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>``; the session behind it must be in force."""

    # What the schema says of every operation that needs a sign-in.
    errors = (InvalidTokenError,)

    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        """Return the actor and their session's id; ``None``: no credentials came.

        Raises:
            InvalidTokenError: with the reason.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, token = header.partition(" ")
        if not header:
            return None
        if scheme.lower() != "bearer":
            raise InvalidTokenError("malformed")
        try:
            claims = signing.verify(TokenType.ACCESS, token.strip())
            state = _counted_and_live(request, claims["sid"], claims["sub"])
        except BadTokenError as error:
            log.info("auth.token.rejected", reason=error.reason)
            raise InvalidTokenError(error.reason) from None
        except InvalidTokenError as error:
            log.info("auth.token.rejected", reason=error.reason)
            raise
        structlog.contextvars.bind_contextvars(user=state["user_id"])
        actor = Actor(
            ActorKind.STAFF if state["is_staff"] else ActorKind.USER,
            state["user_id"],
            state["username"],
            frozenset(state["permissions"]),
            session_id=claims["sid"],
            request_id=getattr(request, "request_id", None),
            address=request.META.get("REMOTE_ADDR"),
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:200] or None,
        )
        return actor, claims["sid"]

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # DRF's signature
        """Name the scheme."""
        return "Bearer"


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
