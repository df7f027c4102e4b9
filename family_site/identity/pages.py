"""Pages of sign-in: in, up, out, and what mailed links of identity open.

They work without a script. A GET changes nothing: no session is made for who only looks.
Source: HTTP contract, sections 1.1 (browsers) and 11.
"""

import math
import unicodedata
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from family_site.identity import queries, rules
from family_site.identity.actions import asking, confirming, passwords, registration, sessions
from family_site.identity.errors import InvalidOrExpiredTokenError
from family_site.identity.models import User
from ops import clock
from ops.errors import DomainError, RateLimitExceededError, ValidationFailedError
from ops.links import LinkKind
from ops.mongo.collections import Document
from ops.web.browsing import go_to, is_somebody, nobody, page, shown, visitor, way_back
from ops.web.serializers import Rule

HOME = "/welcome"
LONGEST_TOKEN = 128  # ours have 43 characters
SHORTEST_PASSWORD, LONGEST_PASSWORD = rules.PASSWORD_LENGTH
STRONG = (
    "At least 8 characters: upper and lower case, a digit and another character. Not a common one, "
    "and not like the username."
)


class _Line(forms.CharField):
    """One line of text, in Unicode's form NFC; how it is typed is said to the browser."""

    def __init__(self, *, completes: str, rule: Rule | None = None, **options: Any) -> None:
        typed = {"autocomplete": completes, "autocapitalize": "none", "spellcheck": "false"}
        mode = {"inputmode": "email"} if completes == "email" else {}
        super().__init__(widget=forms.TextInput(attrs=typed | mode), **options)
        self.rule = rule

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and self.rule and (fault := self.rule(value)):
            raise forms.ValidationError(fault.message, code=fault.code)

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFC", super().to_python(value) or "")


class _Password(forms.CharField):
    """A password as typed; it is never shown again."""

    def __init__(self, *, completes: str, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": completes})
        super().__init__(widget=widget, strip=False, max_length=LONGEST_PASSWORD, **options)


def _new_password(label: str) -> _Password:
    return _Password(completes="new-password", label=label, min_length=SHORTEST_PASSWORD, help_text=STRONG)


def _address() -> _Line:
    return _Line(
        completes="email", rule=rules.email_fault, label="E-mail address", max_length=rules.EMAIL_LENGTH
    )


class SignInForm(forms.Form):
    """Who, and the password."""

    identifier = _Line(
        completes="username", label="Username or e-mail address", max_length=rules.EMAIL_LENGTH
    )
    password = _Password(completes="current-password", label="Password")


class SignUpForm(forms.Form):
    """What a user is made of; the rest is looked at by the action."""

    username = _Line(
        completes="username",
        rule=rules.username_fault,
        label="Username",
        min_length=rules.USERNAME_LENGTH[0],
        max_length=rules.USERNAME_LENGTH[1],
        help_text="3 to 50 of a-z, 0-9, _ and -. The family sees it, and it cannot be changed.",
    )
    email = _address()
    password = _new_password("Password")


class AddressForm(forms.Form):
    """An address, to which a link is mailed."""

    email = _address()


class NewPasswordForm(forms.Form):
    """A new password."""

    new_password = _new_password("New password")


# In, up and out -----------------------------------------------------------------------------------


@partial(page, limited_as={"POST": "login"})
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or sign in; then lead on to where somebody came from."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _entrance(request, "sign_in", form)
    try:
        user = sessions.recognised(**form.cleaned_data, actor=nobody(request), now=clock.now())
    except DomainError as error:
        return _entrance(request, "sign_in", form, error)
    return _enter(request, user)


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
            invitation_token=_token(request, "invitation") or None,
        )
    except ValidationFailedError as error:
        return _entrance(request, "sign_up", form, error)
    return _enter(request, user)


@page
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, or end the session."""
    if request.method == "POST":
        session: Any = request.session
        session.origin = visitor(request)
        auth.logout(request)
        return go_to(way_back(request) or "/sign-in")
    return shown(request, "sign_out", _whereabouts(request))


def _entrance(
    request: HttpRequest, name: str, form: forms.Form, error: DomainError | None = None
) -> HttpResponse:
    context = {**_whereabouts(request), "invitation": _token(request, "invitation")}
    return _form(request, name, form, error, context)


def _enter(request: HttpRequest, user: Document) -> HttpResponse:
    """Open a session for this browser; it is written with the answer."""
    session: Any = request.session
    session.origin = nobody(request)
    # Made of the document that was looked at: a password changed since makes the session void at once.
    who = User(id=user["_id"], username=user["username"], password=user["password"])
    auth.login(request, who, backend=settings.AUTHENTICATION_BACKENDS[0])
    return go_to(way_back(request) or HOME)


# Mailed links -------------------------------------------------------------------------------------


@partial(page, limited_as={"GET": "verify_email_page", "POST": "verify_email"})
def verify_email(request: HttpRequest) -> HttpResponse:
    """Show a button, the same for any token; or confirm the address that the token was mailed to."""
    if request.method != "POST":
        return shown(request, "verify_email", {"token": _token(request, "token")})
    try:
        confirming.confirm(_token(request, "token"), actor=visitor(request), now=clock.now())
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
    token, now = _token(request, "token"), clock.now()
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        user = queries.user_of_link(LinkKind.RESET_PASSWORD, token, now=now)
        if form.is_valid():
            new = form.cleaned_data["new_password"]
            passwords.reset_password(token, new, actor=visitor(request), now=now)
            return shown(request, "password_changed", {})
        return _form(request, "reset_password", form, None, {"token": token, "username": user["username"]})
    except ValidationFailedError as error:
        context = {"token": token, "username": user["username"]}
        return _form(request, "reset_password", form, error, context)
    except InvalidOrExpiredTokenError as error:
        return shown(request, "link_over", {"again": "/forgot-password"}, status=error.status)


def _ask(request: HttpRequest, kind: LinkKind, name: str) -> HttpResponse:
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _form(request, name, form, None, {})
    try:
        asking.ask(kind, form.cleaned_data["email"], actor=visitor(request), now=clock.now())
    except RateLimitExceededError as error:
        return _form(request, name, form, error, {})
    return shown(request, "link_mailed", {"kind": str(kind)})


# Forms --------------------------------------------------------------------------------------------


def _form(
    request: HttpRequest, name: str, form: forms.Form, error: DomainError | None, context: Mapping[str, Any]
) -> HttpResponse:
    """Show a form, with what is wrong with it in the words of the refusal."""
    if isinstance(error, ValidationFailedError):
        for fault in error.details:
            field = str(fault["field"])  # type: ignore[index]  # a list of faults, as the class makes it
            form.add_error(field if field in form.fields else None, str(fault["message"]))  # type: ignore[index]
    elif error is not None:
        form.add_error(None, _sentence(error))
    faulty = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    status = faulty if error is None else error.status
    _point_out(form)
    answer = shown(request, name, {**context, "form": form}, status=status)
    if error is not None and error.retry_after is not None:
        answer["Retry-After"] = str(error.retry_after)
    return answer


def _point_out(form: forms.Form) -> None:
    """Put the cursor where something is to be typed: into the first faulty field, or the first of all."""
    names = [name for name in form.fields if form.errors.get(name)] or list(form.fields)
    form.fields[names[0]].widget.attrs["autofocus"] = True


def _sentence(error: DomainError) -> str:
    if isinstance(error, RateLimitExceededError):
        minutes = math.ceil((error.retry_after or 0) / 60)
        return f"That was too often; please wait {minutes} minute{'' if minutes == 1 else 's'}."
    return error.message


def _whereabouts(request: HttpRequest) -> dict[str, Any]:
    """Return who is signed in, if anybody, and where the form leads on to."""
    who = visitor(request)
    return {"visitor": who if is_somebody(who) else None, "next": way_back(request), "home": HOME}


def _token(request: HttpRequest, name: str) -> str:
    """Return a token of a link or of a form; one that cannot be ours is none."""
    typed = request.POST.get(name) or request.GET.get(name) or ""
    return typed if len(typed) <= LONGEST_TOKEN and typed.isascii() and typed.isprintable() else ""
