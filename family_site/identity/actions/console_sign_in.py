"""The console's look at name and password; Django calls this by its setting."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from family_site.identity.actions import failures
from ops import clock
from ops.errors import RateLimitExceededError


class CountingBackend(ModelBackend):
    """Django's own, with the failures counted together with those of the API."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_more: Any,
    ) -> Any:
        """Return the user whose name and password these are, or ``None``.

        Raises:
            ValidationError: there were too many failures before; the form shows it.
        """
        if username is None or password is None:
            return None
        address = request.META.get("REMOTE_ADDR") if request else None
        try:
            attempt = failures.count(username, address, now=clock.now())
        except RateLimitExceededError as error:
            minutes = -(-(error.retry_after or 0) // 60)
            message = f"Too many failures; please wait for {minutes} minutes."
            raise ValidationError(message, code="limited") from None
        user = super().authenticate(request, username=username, password=password)
        if user is not None:
            failures.take_back(attempt)
        return user
