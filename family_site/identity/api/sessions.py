"""The caller's sessions and password."""

from typing import Any

from rest_framework.request import Request

from family_site.identity import queries, rules
from family_site.identity.actions import passwords, proving, sessions
from family_site.identity.api.serializers import (
    ChangePasswordBody,
    FreshAnswer,
    ReauthenticateBody,
    RevokedAnswer,
    SessionAnswer,
)
from family_site.identity.errors import InvalidCredentialsError
from ops import clock
from ops.errors import NotFoundError
from ops.mongo.collections import Document
from ops.web.answers import Response
from ops.web.schema import OkAnswer, ok, operation
from ops.web.views import ApiView, actor_of


class Sessions(ApiView):
    """Where am I signed in?"""

    open_when_read_only = True
    limited_as = {"DELETE": "password_change"}
    scope = {"GET": None}

    @operation(success={200: SessionAnswer(many=True)})
    def get(self, request: Request) -> Response:
        """Return the caller's sessions in force, newest first, those of the console among them."""
        actor = actor_of(request)
        found = queries.sessions_of(actor.user_id, now=clock.now())
        return Response([_session(each, current=actor.session_id) for each in found])

    @operation(success={200: RevokedAnswer})
    def delete(self, request: Request) -> Response:
        """End all of the caller's sessions but this one."""
        return _revoked(sessions.revoke_others(actor=actor_of(request), now=clock.now()))


class OneSession(ApiView):
    """A session of the caller's."""

    open_when_read_only = True
    limited_as = "password_change"

    @operation(success={200: RevokedAnswer}, errors=[NotFoundError])
    def delete(self, request: Request, session_id: str) -> Response:
        """End it."""
        sessions.revoke(session_id, actor=actor_of(request), now=clock.now())
        return _revoked(1)


class ChangePassword(ApiView):
    """Another password."""

    open_when_read_only = True
    limited_as = "password_change"

    @operation(request=ChangePasswordBody, success={200: OkAnswer}, errors=[InvalidCredentialsError])
    def put(self, request: Request) -> Response:
        """Change the caller's password and end all their sessions but this one."""
        body = self.body(ChangePasswordBody)
        passwords.change_password(
            body["current_password"], body["new_password"], actor=actor_of(request), now=clock.now()
        )
        return Response(ok("Your password has been changed; you are signed out everywhere else."))


class Reauthenticate(ApiView):
    """Is it still you?"""

    open_when_read_only = True
    limited_as = "reauthenticate"

    @operation(
        request=ReauthenticateBody,
        success={200: FreshAnswer},
        errors=[InvalidCredentialsError],
    )
    def post(self, request: Request) -> Response:
        """Confirm this session for ten minutes."""
        body = self.body(ReauthenticateBody)
        until = proving.reauthenticate(
            body.get("password"), body.get("code"), actor=actor_of(request), now=clock.now()
        )
        return Response({"fresh_until": until})


def _revoked(count: int) -> Response:
    return Response(ok(f"Sessions ended: {count}.") | {"revoked": count})


def _session(session: Document, *, current: str | None) -> dict[str, Any]:
    return {
        "session_id": session["_id"],
        "device": rules.device(session["user_agent"]),
        "user_agent": session["user_agent"],
        "ip": session["address"],
        "created_at": session["created_at"],
        "last_seen_at": session["last_seen_at"],
        "is_current": session["_id"] == current,
    }
