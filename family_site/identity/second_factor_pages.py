"""Pages of the second factor: the code at the sign-in, confirming that it is still you, and setting it up.

They work without a script; the QR code stands in the page as SVG. A GET changes nothing.
Source: HTTP contract, sections 1.2 and 11 (second factor).
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe

from family_site.identity import queries, rules, totp
from family_site.identity.actions import proving, second_factor, signing_in
from family_site.identity.actions.second_factor import SetUp
from family_site.identity.entering import CodeForm, code_page, open_session
from family_site.identity.errors import InvalidTokenError, TwoFactorStateError
from family_site.identity.forms import Code, Password, form_page, typed_token, whereabouts
from ops import clock
from ops.actors import Actor, SecondFactor
from ops.errors import DomainError
from ops.second_factor import CONFIRMING_PAGE, PAGE
from ops.web.browsing import FRESH_UNTIL, SHOWN_AT, go_to, is_somebody, nobody, page, shown, visitor, way_back

Said = Mapping[str, Any]


class PasswordForm(forms.Form):
    """The password again."""

    password = Password(completes="current-password", label="Your password")


class FirstCodeForm(forms.Form):
    """The first code of a secret."""

    code = Code(label="Code", help_text="The six digits that your authenticator shows now.")


class ProofForm(CodeForm):
    """Password and code."""

    password = Password(completes="current-password", label="Your password")
    field_order = ("password", "code")


# At the sign-in, and after it ---------------------------------------------------------------------


@partial(page, limited_as={"POST": "second_factor_page"})
def sign_in_by_code(request: HttpRequest) -> HttpResponse:
    """Answer the challenge of a sign-in with a code, and open the session; the way in is the sign-in page."""
    token = typed_token(request, "challenge_token")
    if request.method != "POST" or not token:
        return go_to("/sign-in")
    form = CodeForm(request.POST)
    if not form.is_valid():
        return code_page(request, token, form)
    code, actor = form.cleaned_data["code"], nobody(request)
    try:
        user = signing_in.answer_by_browser(token, code, method=None, actor=actor, now=clock.now())
    except InvalidTokenError as error:  # over, void or tried too often: begin with the password again
        return shown(request, "sign_in_over", whereabouts(request), status=error.status)
    except DomainError as error:
        return code_page(request, token, form, error)
    return open_session(request, user, by_code=True)


@partial(page, limited_as={"POST": "second_factor_page"})
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for a code, and let this browser's session count as confirmed for ten minutes."""
    actor = visitor(request)
    if not is_somebody(actor):
        return go_to("/sign-in")
    if not actor.has_second_factor:
        return go_to(PAGE)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return form_page(request, "second_factor_confirm", form, None, whereabouts(request))
    try:
        proving.prove_by_code(form.cleaned_data["code"], actor=actor, now=clock.now())
    except DomainError as error:
        return form_page(request, "second_factor_confirm", form, error, whereabouts(request))
    _note(request, is_fresh=True)
    return go_to(way_back(request) or PAGE)


# Setting it up ------------------------------------------------------------------------------------


@partial(page, limited_as={"POST": "second_factor_page"})
def overview(request: HttpRequest) -> HttpResponse:
    """Show how it is with the visitor's second factor, or do one of what can be done to it."""
    actor = visitor(request)
    if not is_somebody(actor):
        return go_to("/sign-in")
    act = DEEDS.get(request.POST.get("do", ""), _state_page)
    try:
        return act(request, actor)
    except TwoFactorStateError as error:
        return _state_page(request, actor, error)


def _state_page(request: HttpRequest, actor: Actor, error: DomainError | None = None) -> HttpResponse:
    """Show the state, with the form for what comes next."""
    factor = queries.user_by_id(actor.user_id).get("second_factor")
    context = {
        **whereabouts(request),
        "is_on": bool(factor),
        "codes_left": len(factor["backup_codes"]) if factor else 0,
        "must_have_one": actor.second_factor == SecondFactor.MISSING,
        "needs_code": actor.second_factor == SecondFactor.NOT_SHOWN,
        "confirming_page": CONFIRMING_PAGE,
        "refused": error.message if error else "",
        "form": ProofForm() if factor else PasswordForm(),
    }
    return shown(request, "second_factor", context, status=error.status if error else HTTPStatus.OK)


def _set_up(request: HttpRequest, actor: Actor) -> HttpResponse:
    def set_up(said: Said) -> HttpResponse:
        made = second_factor.set_up(**said, actor=actor, now=clock.now())
        return _secret_page(request, made)

    return _tried(request, PasswordForm(request.POST), set_up)


def _replace(request: HttpRequest, actor: Actor) -> HttpResponse:
    def replace(said: Said) -> HttpResponse:
        made = second_factor.replace(**said, actor=actor, now=clock.now())
        return _secret_page(request, made)

    return _tried(request, ProofForm(request.POST), replace)


def _turn_off(request: HttpRequest, actor: Actor) -> HttpResponse:
    def turn_off(said: Said) -> HttpResponse:
        second_factor.turn_off(**said, actor=actor, now=clock.now())
        return go_to(PAGE)

    return _tried(request, ProofForm(request.POST), turn_off)


def _turn_on(request: HttpRequest, actor: Actor) -> HttpResponse:
    def turn_on(said: Said) -> HttpResponse:
        codes = second_factor.turn_on(**said, actor=actor, now=clock.now())
        _note(request, is_fresh=False)
        return _codes_page(request, codes)

    # The secret is not shown again: it was told to who knew the password, and this form asks for none.
    return _tried(request, FirstCodeForm(request.POST), turn_on)


def _renew(request: HttpRequest, actor: Actor) -> HttpResponse:
    if actor.has_second_factor and not actor.confirmation:
        return go_to(f"{CONFIRMING_PAGE}?next={PAGE}")
    return _codes_page(request, second_factor.renew_backup_codes(actor=actor, now=clock.now()))


DEEDS: Mapping[str, Callable[[HttpRequest, Actor], HttpResponse]] = {
    "set_up": _set_up,
    "turn_on": _turn_on,
    "replace": _replace,
    "renew": _renew,
    "turn_off": _turn_off,
}


def _tried(request: HttpRequest, form: forms.Form, act: Callable[[Said], HttpResponse]) -> HttpResponse:
    """Act on what a form says; show it again with what is wrong."""
    name, context = "second_factor_again", {**whereabouts(request), "do": request.POST["do"]}
    if not form.is_valid():
        return form_page(request, name, form, None, context)
    try:
        return act(form.cleaned_data)
    except TwoFactorStateError:
        raise
    except DomainError as error:
        return form_page(request, name, form, error, context)


def _secret_page(request: HttpRequest, made: SetUp) -> HttpResponse:
    """Show a secret, as QR code and as text, and ask for a first code of it."""
    spaced = " ".join(made.secret[at : at + 4] for at in range(0, len(made.secret), 4))
    drawing = mark_safe(totp.drawn(made.uri))  # noqa: S308  # drawn by us, and holds no text
    context = {**whereabouts(request), "drawing": drawing, "secret": spaced, "uri": made.uri}
    return form_page(request, "second_factor_secret", FirstCodeForm(), None, context)


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show backup codes, this once."""
    return shown(request, "second_factor_codes", {**whereabouts(request), "codes": codes})


def _note(request: HttpRequest, *, is_fresh: bool) -> None:
    """Let the browser's session remember that the second factor was shown."""
    now = int(clock.now().timestamp())
    request.session[SHOWN_AT] = now
    if is_fresh:
        request.session[FRESH_UNTIL] = now + int(rules.FRESH_FOR.total_seconds())
