"""The second factor, as far as those who ask for it must know: when it is fresh, and what is said if not.

Invariant: what needs a fresh second factor is done by nobody who has one and has not shown it a moment ago:
by a code that came with the call, used up in the same unit of work as the change, or by confirming the
session. Identity knows codes and sessions; it registers how to look at them.

Source: HTTP contract, section 1.2 (fresh second factor).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeAlias

from django.conf import settings

from ops.actors import Actor, SecondFactor
from ops.errors import DomainError

METHODS = ("totp", "backup")
HEADER = "X-2FA-Code"
# Pages where people set it up, and show it again.
PAGE, CONFIRMING_PAGE = "/second-factor", "/second-factor/confirm"
Confirmation: TypeAlias = Callable[[], bool]
# Takes who asks and the code that came with the call, if any.
Look: TypeAlias = Callable[[Actor, str | None], Confirmation | None]

_looks: list[Look] = []


class FreshTwoFactorRequiredError(DomainError):
    """The second factor has to be shown again; details names how."""

    code = "FRESH_TWO_FACTOR_REQUIRED"
    status = HTTPStatus.FORBIDDEN
    meaning = (
        "Show the second factor: send X-2FA-Code with the call, or confirm the session by "
        "POST /auth/reauthenticate. A code counts once."
    )

    def __init__(self) -> None:
        """Say how."""
        super().__init__(
            "Send a code of your second factor with this call (X-2FA-Code), or confirm your session first "
            "(POST /auth/reauthenticate).",
            details={"methods": list(METHODS)},
        )


class TwoFactorSetupRequiredError(DomainError):
    """A member of staff has no second factor, and must have one."""

    code = "TWO_FACTOR_SETUP_REQUIRED"
    status = HTTPStatus.FORBIDDEN
    meaning = "Staff must have a second factor: set one up (POST /auth/2fa/setup)."

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Set up a second factor first: members of staff must have one.")


def is_asked_of_staff() -> bool:
    """Tell whether members of staff must have one."""
    return bool(settings.STAFF_SECOND_FACTOR == "required")


def standing(*, exists: bool, shown: bool, is_staff: bool) -> SecondFactor:
    """Say how it is with somebody's second factor.

    Args:
        exists: they have one.
        shown: what they came with was opened, or confirmed, with it.
        is_staff: they are a member of staff.
    """
    if exists:
        return SecondFactor.SHOWN if shown else SecondFactor.NOT_SHOWN
    return SecondFactor.MISSING if is_staff and is_asked_of_staff() else SecondFactor.ABSENT


def was_shown(shown_at: float | None, factor: Mapping[str, Any] | None) -> bool:
    """Tell whether it was this second factor that was shown, and not one that has been replaced since.

    Args:
        shown_at: when something was shown, a Unix second; ``None``: never.
        factor: what is shown now, with ``on_since``; ``None``: there is none.
    """
    return factor is not None and shown_at is not None and shown_at >= factor["on_since"]


def register(look: Look) -> None:
    """Enter how to find out what confirms a caller; called by identity when it is ready."""
    _looks.append(look)


def looked_at(actor: Actor, code: str | None) -> Actor:
    """Return the actor with what confirms them, if they have a second factor.

    Args:
        actor: who calls.
        code: what came as ``X-2FA-Code``.

    Raises:
        RateLimitExceededError: a code came, after too many wrong ones.
    """
    if not actor.has_second_factor:
        return actor
    found = next((each for look in _looks if (each := look(actor, code)) is not None), None)
    return replace(actor, confirmation=found)


def require_fresh(actor: Actor) -> None:
    """See to it that the change is wanted by who has the second factor; part of its unit of work.

    Raises:
        FreshTwoFactorRequiredError: they have one, and have not shown it just now; or the code that came
            has been used meanwhile.
    """
    if actor.has_second_factor and not (actor.confirmation and actor.confirmation()):
        raise FreshTwoFactorRequiredError


def require_of_staff(actor: Actor) -> None:
    """See to it that a member of staff has shown who they are.

    Raises:
        TwoFactorSetupRequiredError: they must set up a second factor.
        FreshTwoFactorRequiredError: this sign-in began without it.
    """
    if actor.second_factor == SecondFactor.MISSING:
        raise TwoFactorSetupRequiredError
    if actor.second_factor == SecondFactor.NOT_SHOWN:
        raise FreshTwoFactorRequiredError
