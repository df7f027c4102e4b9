"""Pages of sign-in: in, up, out, and what mailed links of identity open.

They work without a script. A GET changes nothing: no session is made for who only looks.
Source: HTTP contract, sections 1.1 (browsers) and 11.
"""

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from family_site.identity import queries, rules
from family_site.identity.actions import asking, confirming, passwords, registration, signing_in
from family_site.identity.entering import enter
from family_site.identity.errors import InvalidOrExpiredTokenError
from family_site.identity.external import provider
from family_site.identity.forms import (
    HOME,
    Line,
    Password,
    address,
    form_page,
    new_password,
    typed_token,
    whereabouts,
)
from ops import clock
from ops.errors import DomainError, RateLimitExceededError, ValidationFailedError
from ops.links import LinkKind
from ops.web.browsing import go_to, nobody, page, shown, visitor, way_back


class SignInForm(forms.Form):
    """Who, and the password."""

    identifier = Line(completes="username", label="Username or e-mail address", max_length=rules.EMAIL_LENGTH)
    password = Password(completes="current-password", label="Password")


class SignUpForm(forms.Form):
    """What a user is made of; the rest is looked at by the action."""

    username = Line(
        completes="username",
        rule=rules.username_fault,
        label="Username",
        min_length=rules.USERNAME_LENGTH[0],
        max_length=rules.USERNAME_LENGTH[1],
        help_text="3 to 50 of a-z, 0-9, _ and -. The family sees it, and it cannot be changed.",
    )
    email = address()
    password = new_password("Password")


class AddressForm(forms.Form):
    """An address, to which a link is mailed."""

    email = address()


class NewPasswordForm(forms.Form):
    """A new password."""

    new_password = new_password("New password")


# In, up and out -----------------------------------------------------------------------------------


@partial(page, limited_as={"POST": "login"}, forms_lead_to=provider.origin)
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or sign in; then lead on to where somebody came from."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _entrance(request, "sign_in", form)
    try:
        user = signing_in.recognised(**form.cleaned_data, actor=nobody(request), now=clock.now())
    except DomainError as error:
        return _entrance(request, "sign_in", form, error)
    return enter(request, user)


@partial(page, limited_as={"POST": "register"})
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the form, or register and sign in; an invitation's token proves the address it was mailed to."""
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _entrance(request, "sign_up", form)
    try:
        user = registration.sign_up_by_browser(
            **form.cleaned_data,
            actor=nobody(request),
            now=clock.now(),
            invitation_token=typed_token(request, "invitation") or None,
        )
    except ValidationFailedError as error:
        return _entrance(request, "sign_up", form, error)
    return enter(request, user)


@page
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, or end the session."""
    if request.method == "POST":
        session: Any = request.session
        session.origin = visitor(request)
        auth.logout(request)
        return go_to(way_back(request) or "/sign-in")
    return shown(request, "sign_out", whereabouts(request))


def _entrance(
    request: HttpRequest, name: str, form: forms.Form, error: DomainError | None = None
) -> HttpResponse:
    context = {
        **whereabouts(request),
        "invitation": typed_token(request, "invitation"),
        "provider": settings.OIDC_NAME,
    }
    return form_page(request, name, form, error, context)


# Mailed links -------------------------------------------------------------------------------------


@partial(page, limited_as={"GET": "verify_email_page", "POST": "verify_email"})
def verify_email(request: HttpRequest) -> HttpResponse:
    """Show a button, the same for any token; or confirm the address that the token was mailed to."""
    if request.method != "POST":
        return shown(request, "verify_email", {"token": typed_token(request, "token")})
    try:
        confirming.confirm(typed_token(request, "token"), actor=visitor(request), now=clock.now())
    except InvalidOrExpiredTokenError as error:
        return shown(request, "link_over", {"again": "/confirm-address"}, status=error.status)
    return shown(request, "address_confirmed", {"home": HOME})


@partial(page, limited_as={"POST": "verify_resend"})
def confirm_address(request: HttpRequest) -> HttpResponse:
    """Ask for the address to be confirmed, or mail a link to it; the answer is always the same."""
    return _ask(request, LinkKind.CONFIRM_EMAIL, "confirm_address")


@partial(page, limited_as={"POST": "password_forgot"})
def forgot_password(request: HttpRequest) -> HttpResponse:
    """Ask for the address, or mail a link to it; the answer is always the same."""
    return _ask(request, LinkKind.RESET_PASSWORD, "forgot_password")


@partial(page, limited_as={"GET": "verify_email_page", "POST": "password_forgot"})
def reset_password(request: HttpRequest) -> HttpResponse:
    """Show the form, if the link is good, or set the password."""
    token, now = typed_token(request, "token"), clock.now()
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        user = queries.user_of_link(LinkKind.RESET_PASSWORD, token, now=now)
        if form.is_valid():
            new = form.cleaned_data["new_password"]
            passwords.reset_password(token, new, actor=visitor(request), now=now)
            return shown(request, "password_changed", {})
        return form_page(
            request, "reset_password", form, None, {"token": token, "username": user["username"]}
        )
    except ValidationFailedError as error:
        context = {"token": token, "username": user["username"]}
        return form_page(request, "reset_password", form, error, context)
    except InvalidOrExpiredTokenError as error:
        return shown(request, "link_over", {"again": "/forgot-password"}, status=error.status)


def _ask(request: HttpRequest, kind: LinkKind, name: str) -> HttpResponse:
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return form_page(request, name, form, None, {})
    try:
        asking.ask(kind, form.cleaned_data["email"], actor=visitor(request), now=clock.now())
    except RateLimitExceededError as error:
        return form_page(request, name, form, error, {})
    return shown(request, "link_mailed", {"kind": str(kind)})
