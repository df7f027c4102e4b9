"""Into the pages: a browser's session is opened, once the second factor has been shown where there is one.

Source: HTTP contract, section 11 (second factor); design, section 7 (sessions of the console).
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from family_site.identity import queries
from family_site.identity.actions import sign_in_challenges
from family_site.identity.forms import HOME, Code, form_page, whereabouts
from family_site.identity.models import User
from ops import clock
from ops.errors import DomainError
from ops.mongo.collections import Document
from ops.web.browsing import SHOWN_AT, go_to, nobody, private, way_back


class CodeForm(forms.Form):
    """A code of the second factor."""

    code = Code(
        label="Code",
        help_text="Six digits of your authenticator, or one of your backup codes. It counts once.",
    )


def enter(request: HttpRequest, user: Document) -> HttpResponse:
    """Open a session for this browser, or ask for the code first; then lead on to where they came from."""
    if user.get("second_factor"):
        challenge = sign_in_challenges.issue(user, actor=nobody(request), now=clock.now())
        return code_page(request, challenge.challenge_token, CodeForm())
    return open_session(request, user)


def ask_staff(request: HttpRequest, user: Any) -> HttpResponse:
    """Ask a member of staff for the code, on their way into the console."""
    return private(enter(request, queries.user_by_id(user.pk)))


def open_session(request: HttpRequest, user: Document, *, by_code: bool = False) -> HttpResponse:
    """Open a session for this browser; it is written with the answer. ``by_code``: with a second factor."""
    session: Any = request.session
    session.origin = nobody(request)
    # Made of the document that was looked at: a password changed since makes the session void at once.
    who = User(id=user["_id"], username=user["username"], password=user["password"])
    auth.login(request, who, backend=settings.AUTHENTICATION_BACKENDS[0])
    if by_code:
        session[SHOWN_AT] = int(clock.now().timestamp())
    return go_to(way_back(request) or HOME)


def code_page(
    request: HttpRequest, challenge_token: str, form: forms.Form, error: DomainError | None = None
) -> HttpResponse:
    """Ask for the code of a challenge."""
    context = {**whereabouts(request), "challenge_token": challenge_token}
    return form_page(request, "sign_in_code", form, error, context)
