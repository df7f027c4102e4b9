"""The console's look at name and password, and at rights; Django calls this by its setting."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from family_site.identity import queries, rules
from family_site.identity.actions import failures
from family_site.identity.errors import NewPasswordRequiredError
from family_site.identity.models import StaffRole
from ops import clock
from ops.access import gate
from ops.actors import EVERYTHING
from ops.errors import AccessBlockedError, RateLimitExceededError
from ops.metrics import access


class CountingBackend(ModelBackend):
    """Django's own, with the failures counted together with those of the API, and rights by roles of staff.

    Django asks for each permission alone, so what the user may is kept with the user, whom every request
    reads anew.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_more: Any,
    ) -> Any:
        """Return the user whose name and password these are, or ``None``.

        Raises:
            ValidationError: there were too many failures before, or the address that was typed, the user or
                their address is blocked, or they must choose a new password; the form shows it.
        """
        if username is None or password is None:
            return None
        address = request.META.get("REMOTE_ADDR") if request else None
        try:
            if "@" in username:
                gate.refuse_blocked_email(rules.folded_email(username), address=address)
            attempt = failures.count(username, address, now=clock.now())
        except RateLimitExceededError as error:
            minutes = -(-(error.retry_after or 0) // 60)
            message = f"Too many failures; please wait for {minutes} minutes."
            raise ValidationError(message, code="limited") from None
        except AccessBlockedError as error:
            raise ValidationError(error.message, code="blocked") from None
        user = super().authenticate(request, username=username, password=password)
        if user is None:
            access.sign_ins.inc(access.FAILED)
            return None
        failures.take_back(attempt)
        _refuse(user)
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return what the user may, ``EVERYTHING`` among it for a superuser; no right is of one document."""
        if obj is not None or user_obj.is_anonymous:
            return set()
        if not hasattr(user_obj, "permissions_held"):
            user_obj.permissions_held = set(StaffRole.objects.permissions_of(user_obj))
        held: set[str] = user_obj.permissions_held
        return held

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether a role of the user's has the permission."""
        return not self.get_all_permissions(user_obj, obj).isdisjoint({perm, EVERYTHING})

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether there is anything of an app that the user may."""
        permissions = self.get_all_permissions(user_obj)
        return EVERYTHING in permissions or any(each.startswith(f"{app_label}.") for each in permissions)

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:  # noqa: ARG002  # Django's
        """Return none: nobody has a permission but by a role."""
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return those of the user's roles."""
        return self.get_all_permissions(user_obj, obj)


def _refuse(user: Any) -> None:
    """Refuse whom a rule of access keeps out, and who must choose a new password."""
    try:
        gate.refuse_blocked_person(user.pk, user.email)
    except AccessBlockedError as error:
        raise ValidationError(error.message, code="blocked") from None
    if queries.user_by_id(user.pk).get(rules.NEW_PASSWORD_SINCE):
        access.sign_ins.inc(access.DISABLED)
        raise ValidationError(NewPasswordRequiredError().message, code="new_password")
