"""What is done by a mailed link, and asking for one. Source: HTTP contract, section 11."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from family_site.identity.actions import asking, confirming, passwords
from family_site.identity.api.serializers import (
    AddressBody,
    ChangeEmailBody,
    MessageAnswer,
    ResetPasswordBody,
    VerifyEmailBody,
)
from family_site.identity.errors import InvalidCredentialsError, InvalidOrExpiredTokenError
from ops import clock
from ops.links import LinkKind
from ops.web.answers import Response
from ops.web.schema import OkAnswer, ok, operation
from ops.web.views import ApiView, actor_of


class VerifyEmail(ApiView):
    """A confirmed address."""

    limited_as = {"GET": "verify_email_page", "POST": "verify_email"}
    public = True

    @operation(
        success={200: MessageAnswer},
        parameters=[
            OpenApiParameter("token", str, description="Of the mailed link; it is not looked at."),
            OpenApiParameter("username", str, description="It is not looked at."),
        ],
    )
    def get(self, _request: Request) -> Response:
        """Say how an address is confirmed; the same for any token or name, and nothing is changed."""
        return Response({"message": "Send the token of the mailed link by POST to confirm the address."})

    @operation(request=VerifyEmailBody, success={200: OkAnswer}, errors=[InvalidOrExpiredTokenError])
    def post(self, request: Request) -> Response:
        """Confirm the address that the token was mailed to."""
        token = self.body(VerifyEmailBody)["token"]
        confirming.confirm(token, actor=actor_of(request), now=clock.now())
        return Response(ok("The e-mail address is confirmed."))


class ResendVerification(ApiView):
    """Another link to confirm an address."""

    limited_as = "verify_resend"
    public = True

    @operation(request=AddressBody, success={200: OkAnswer})
    def post(self, request: Request) -> Response:
        """Mail a link, if an account with this address is not confirmed; the answer is always the same."""
        address = self.body(AddressBody)["email"]
        asking.ask(LinkKind.CONFIRM_EMAIL, address, actor=actor_of(request), now=clock.now())
        return Response(ok("If the address waits to be confirmed, a mail with a link is on its way to it."))


class ForgotPassword(ApiView):
    """A link to choose another password."""

    open_when_read_only = True
    limited_as = "password_forgot"
    public = True

    @operation(request=AddressBody, success={200: OkAnswer})
    def post(self, request: Request) -> Response:
        """Mail a link, if there is an account with this address; the answer is always the same."""
        address = self.body(AddressBody)["email"]
        asking.ask(LinkKind.RESET_PASSWORD, address, actor=actor_of(request), now=clock.now())
        return Response(ok("If the address has an account, a mail with a link is on its way to it."))


class ResetPassword(ApiView):
    """Another password, by a mailed link."""

    open_when_read_only = True
    limited_as = {"GET": "verify_email_page", "POST": "password_forgot"}
    public = True

    @operation(request=ResetPasswordBody, success={200: OkAnswer}, errors=[InvalidOrExpiredTokenError])
    def post(self, request: Request) -> Response:
        """Set the password, end all sessions of the user, and lift the lock of failed sign-ins."""
        body = self.body(ResetPasswordBody)
        passwords.reset_password(
            body["token"], body["new_password"], actor=actor_of(request), now=clock.now()
        )
        return Response(ok("Your password has been changed; sign in with it."))


class ChangeEmail(ApiView):
    """Another address."""

    limited_as = "password_change"

    @operation(request=ChangeEmailBody, success={200: OkAnswer}, errors=[InvalidCredentialsError])
    def put(self, request: Request) -> Response:
        """Mail a link to the address; it becomes the caller's once that is used. The same for a taken one."""
        body = self.body(ChangeEmailBody)
        actor, code = actor_of(request), body.get("code")
        confirming.ask_for_change(body["email"], body["password"], code, actor=actor, now=clock.now())
        message = "If the address can be used, a mail is on its way to it; its link makes the change."
        return Response(ok(message))
