"""The console's sign-in form."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from ops.logs import logger

log = logger(__name__)
# Takes a user whose password was right; returns the page that asks for the code.
AskForCode = Callable[[HttpRequest, Any], HttpResponse]
_asks: list[AskForCode] = []


class SecondStep(Exception):  # noqa: N818  # no error: the sign-in goes on elsewhere
    """The password is right, and a code is to be asked for."""

    def __init__(self, user: Any) -> None:
        """Remember who it is."""
        super().__init__(user.pk)
        self.user = user


def register(ask: AskForCode) -> None:
    """Enter the page that asks for the code; called by identity when it is ready."""
    _asks[:] = [ask]


def ask_for_code(request: HttpRequest, user: Any) -> HttpResponse:
    """Return the page that asks for the code."""
    return _asks[0](request, user)


class SignInForm(AdminAuthenticationForm):
    """Name and password of a member of staff."""

    error_messages = {  # noqa: RUF012  # Django's form
        **AuthenticationForm.error_messages,
        "invalid_login": "Name or password is wrong.",
        "not_staff": "This user is not a member of staff; the console is for staff only.",
    }
    required_css_class = "required"

    def clean_username(self) -> str:
        """Return the name as it is stored: in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()

    def get_invalid_login_error(self) -> ValidationError:
        """Refuse, never saying which of the two is wrong."""
        log.info("auth.login.failed", reason="invalid_credentials", door="console")
        return super().get_invalid_login_error()

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse whoever is not staff; told only after the right password.

        Raises:
            ValidationError: the user is not staff.
            SecondStep: they are, and have a second factor.
        """
        AuthenticationForm.confirm_login_allowed(self, user)
        if not user.is_staff:
            log.info("auth.login.failed", reason="not_staff", user=user.pk, door="console")
            raise ValidationError(self.error_messages["not_staff"], code="not_staff")
        if user.second_factor:
            raise SecondStep(user)
