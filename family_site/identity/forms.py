"""Forms of the pages: their fields, and a page with a form and what is wrong with it.

They work without a script, and tell browsers what each field completes.
"""

import math
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from family_site.identity import rules
from ops.errors import DomainError, RateLimitExceededError, ValidationFailedError
from ops.web.browsing import is_somebody, shown, visitor, way_back
from ops.web.serializers import Rule

HOME = "/welcome"
LONGEST_TOKEN = 128  # ours have 43 characters
SHORTEST_PASSWORD, LONGEST_PASSWORD = rules.PASSWORD_LENGTH
STRONG = (
    "At least 8 characters: upper and lower case, a digit and another character. Not a common one, "
    "and not like the username."
)


class Line(forms.CharField):
    """One line of text, in Unicode's form NFC; how it is typed is said to the browser."""

    def __init__(self, *, completes: str, rule: Rule | None = None, **options: Any) -> None:
        """Take what browsers complete it as, and what says why a value cannot be taken."""
        typed = {"autocomplete": completes, "autocapitalize": "none", "spellcheck": "false"}
        mode = {"inputmode": "email"} if completes == "email" else {}
        super().__init__(widget=forms.TextInput(attrs=typed | mode), **options)
        self.rule = rule

    def validate(self, value: str) -> None:
        """Apply the rule."""
        super().validate(value)
        if value and self.rule and (fault := self.rule(value)):
            raise forms.ValidationError(fault.message, code=fault.code)

    def to_python(self, value: Any) -> str:
        """Return the text in form NFC."""
        return unicodedata.normalize("NFC", super().to_python(value) or "")


class Password(forms.CharField):
    """A password as typed; it is never shown again."""

    def __init__(self, *, completes: str, **options: Any) -> None:
        """Take what browsers complete it as."""
        widget = forms.PasswordInput(attrs={"autocomplete": completes})
        super().__init__(widget=widget, strip=False, max_length=LONGEST_PASSWORD, **options)


def new_password(label: str) -> Password:
    """Return the field of a password that is chosen."""
    return Password(completes="new-password", label=label, min_length=SHORTEST_PASSWORD, help_text=STRONG)


def address() -> Line:
    """Return the field of an e-mail address."""
    return Line(
        completes="email", rule=rules.email_fault, label="E-mail address", max_length=rules.EMAIL_LENGTH
    )


class Code(forms.CharField):
    """A code of a second factor: six digits of an authenticator, or a backup code."""

    def __init__(self, **options: Any) -> None:
        """Let phones offer what they have, and people type what they like between the parts."""
        typed = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(widget=forms.TextInput(attrs=typed), max_length=rules.LONGEST_CODE, **options)


def form_page(
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


def whereabouts(request: HttpRequest) -> dict[str, Any]:
    """Return who is signed in, if anybody, and where the form leads on to."""
    who = visitor(request)
    return {"visitor": who if is_somebody(who) else None, "next": way_back(request), "home": HOME}


def typed_token(request: HttpRequest, name: str) -> str:
    """Return a token of a link or of a form; one that cannot be ours is none."""
    typed = request.POST.get(name) or request.GET.get(name) or ""
    return typed if len(typed) <= LONGEST_TOKEN and typed.isascii() and typed.isprintable() else ""
