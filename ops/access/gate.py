"""The gate: refuses whom a rule of access keeps out. It asks nothing but the copy of the rules."""

from ops import clock
from ops.access import in_force
from ops.errors import AccessBlockedError
from ops.guarding import RuleKind
from ops.security import SecurityEventType, record


def refuse_blocked(*, address: str | None, user_id: str | None) -> None:
    """Let a call pass, unless where it comes from, or who calls, is blocked.

    Args:
        address: of the network.
        user_id: who has shown who they are; ``None``: nobody has.

    Raises:
        AccessBlockedError: a rule keeps them out; which, nobody is told.
    """
    rules = in_force.current()
    if not rules.every:
        return
    now = clock.now()
    if user_id is not None:
        if rules.block_user(user_id, now):
            _refuse(RuleKind.USER, user_id)
        if rules.allow_user(user_id, now):
            return
    if rules.block_address(address, now):
        _refuse(RuleKind.ADDRESS, address)


def refuse_blocked_email(folded: str, *, address: str | None) -> None:
    """Let somebody go on with an e-mail address that they typed, unless it is blocked.

    Args:
        folded: the e-mail address, case-folded.
        address: of the network, where it was typed.

    Raises:
        AccessBlockedError: it is; whether it is anybody's does not matter.
    """
    if in_force.current().block_email(folded, clock.now()):
        _refuse(RuleKind.EMAIL, address)


def refuse_blocked_person(user_id: str, email: str) -> None:
    """Let a user sign in, or go on, unless they or their e-mail address are blocked.

    Raises:
        AccessBlockedError: one of the two is.
    """
    rules, now = in_force.current(), clock.now()
    if rules.block_user(user_id, now):
        _refuse(RuleKind.USER, user_id)
    if rules.block_email(email, now):
        _refuse(RuleKind.EMAIL, user_id)


def needs_user() -> bool:
    """Tell whether it matters who calls, where it costs something to find out."""
    return in_force.current().name_users


def _refuse(kind: RuleKind, subject: str | None) -> None:
    record(SecurityEventType.BLOCKED_CALL, subject, {"rule": str(kind)})
    raise AccessBlockedError
