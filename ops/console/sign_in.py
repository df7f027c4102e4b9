"""The console's sign-in form."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from ops.logs import logger

log = logger(__name__)


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
        """
        AuthenticationForm.confirm_login_allowed(self, user)
        if not user.is_staff:
            log.info("auth.login.failed", reason="not_staff", user=user.pk, door="console")
            raise ValidationError(self.error_messages["not_staff"], code="not_staff")
