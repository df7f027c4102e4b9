"""Register, log in, refresh, log out, me."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from family_site.identity import queries
from family_site.identity.actions import refreshing, registration, sessions, sign_in_challenges, signing_in
from family_site.identity.actions.sessions import SignIn
from family_site.identity.api.second_factor_bodies import ChallengeBody
from family_site.identity.api.serializers import (
    LoginBody,
    LogoutBody,
    RefreshBody,
    RegisterBody,
    TokensAnswer,
    UserAnswer,
)
from family_site.identity.errors import (
    AccountDisabledError,
    InvalidCredentialsError,
    InvalidTokenError,
    TwoFactorRequiredError,
)
from ops import clock
from ops.errors import RateLimitExceededError
from ops.mongo.collections import Document
from ops.web import limiting
from ops.web.answers import Response
from ops.web.described import Link
from ops.web.forms import StrictFormParser
from ops.web.json import StrictJsonParser
from ops.web.schema import OkAnswer, ok, operation
from ops.web.views import ApiView, actor_of


class Register(ApiView):
    """Become a user."""

    limited_as = "register"
    public = True

    @operation(
        request=RegisterBody,
        success={201: TokensAnswer},
        links={
            "LogIn": Link(
                "post_auth_login",
                {"username": "$request.body#/username", "password": "$request.body#/password"},
            ),
            "GoOn": Link("post_auth_refresh", {"refresh_token": "$response.body#/refresh_token"}),
        },
    )
    def post(self, request: Request) -> Response:
        """Register, open the personal account, and sign in."""
        body = self.body(RegisterBody)
        signed_in = registration.sign_up(**body, actor=actor_of(request), now=clock.now())
        return Response(_tokens(signed_in), status=201)


class Login(ApiView):
    """Sign in; takes a form too."""

    open_when_read_only = True
    limited_as = "login"
    public = True
    parser_classes = (StrictJsonParser, StrictFormParser)

    @operation(
        request=LoginBody,
        success={200: TokensAnswer},
        errors=[
            InvalidCredentialsError,
            TwoFactorRequiredError,
            AccountDisabledError,
            RateLimitExceededError,
        ],
    )
    def post(self, request: Request) -> Response:
        """Open a session; with a second factor the code is sent, too, or asked for."""
        body = self.body(LoginBody)
        signed_in = signing_in.log_in(
            body.get("username") or body["email"],
            body["password"],
            code=body.get("two_fa_code"),
            method=body.get("two_fa_method"),
            actor=actor_of(request),
            now=clock.now(),
        )
        return Response(_tokens(signed_in))


class AnswerChallenge(ApiView):
    """The code that the sign-in asked for."""

    open_when_read_only = True
    limited_as = "login_2fa"
    public = True

    def count_public(self, request: Request, operation: str) -> None:
        """Count nothing yet: which challenge it is stands in the body."""

    @operation(
        request=ChallengeBody,
        success={200: TokensAnswer},
        errors=[InvalidCredentialsError, InvalidTokenError],
    )
    def post(self, request: Request) -> Response:
        """Open a session; five tries a challenge, and no code counts twice."""
        body = self.body(ChallengeBody)
        limiting.count(request, self.limited_as, sign_in_challenges.name_of(body["challenge_token"]))
        limiting.refuse(request)
        signed_in = signing_in.answer(
            body["challenge_token"],
            body["code"],
            method=body.get("method"),
            actor=actor_of(request),
            now=clock.now(),
        )
        return Response(_tokens(signed_in))


class Refresh(ApiView):
    """Go on."""

    open_when_read_only = True
    limited_as = "refresh"
    public = True

    def count_public(self, request: Request, operation: str) -> None:
        """Count nothing yet: whose session it is stands in the body."""

    @operation(request=RefreshBody, success={200: TokensAnswer}, errors=[InvalidTokenError])
    def post(self, request: Request) -> Response:
        """Change the refresh token for the next one; a used one ends the session."""
        token = self.body(RefreshBody)["refresh_token"]
        limiting.count(request, self.limited_as, refreshing.session_of(token))
        limiting.refuse(request)
        return Response(_tokens(refreshing.refresh(token, actor=actor_of(request), now=clock.now())))


class Logout(ApiView):
    """Sign out."""

    open_when_read_only = True

    @operation(request=LogoutBody, success={200: OkAnswer})
    def post(self, request: Request) -> Response:
        """End this session, or all of the caller's."""
        everywhere = self.body(LogoutBody)["all"]
        ended = sessions.log_out(actor=actor_of(request), now=clock.now(), everywhere=everywhere)
        message = f"{ended} sessions ended." if everywhere else "Signed out."
        return Response(ok(message))


class Me(ApiView):
    """Who am I?"""

    @operation(success={200: UserAnswer})
    def get(self, request: Request) -> Response:
        """Return the caller."""
        return Response(_user(queries.user_by_id(actor_of(request).user_id)))


def _user(user: Document) -> dict[str, Any]:
    return {
        "user_id": user["_id"],
        "username": user["username"],
        "email": user["email"],
        "is_verified": user["email_confirmed_at"] is not None,
        "two_fa_enabled": bool(user.get("second_factor")),
        "is_staff": user["is_staff"],
        "created_at": user["created_at"],
    }


def _tokens(sign_in: SignIn) -> dict[str, Any]:
    user = _user(sign_in.user)
    return {
        "access_token": sign_in.access_token,
        "refresh_token": sign_in.refresh_token,
        "token_type": "bearer",
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "refresh_expires_in": int((sign_in.refresh_expires_at - sign_in.issued_at).total_seconds()),
        "issued_at": sign_in.issued_at,
        "expires_at": sign_in.issued_at + timedelta(seconds=settings.ACCESS_TOKEN_SECONDS),
        "session_id": sign_in.session_id,
        "user": user,
        "username": user["username"],
        "email": user["email"],
        "is_verified": user["is_verified"],
        "two_fa_enabled": user["two_fa_enabled"],
        "role": "staff" if user["is_staff"] else "user",
        "client_side_encryption": False,
    }
