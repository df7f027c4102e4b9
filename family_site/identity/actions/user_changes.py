"""What else follows when a user is disabled or enabled: others say so here, and it is part of that change.

Source: design, section 3 (``on_user_change``).
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ops.actors import Actor


class UserChange(StrEnum):
    """What became of a user."""

    DISABLED = "disabled"
    ENABLED = "enabled"


class Hook(Protocol):
    """Called in the unit of work of the change, once its own documents are written."""

    def __call__(self, user_id: str, change: UserChange, *, actor: Actor, now: datetime) -> None:
        """Write what follows."""


_hooks: list[Hook] = []


def register(hook: Hook) -> None:
    """Enter what follows; called by an app when it is ready."""
    _hooks.append(hook)


def follow(user_id: str, change: UserChange, *, actor: Actor, now: datetime) -> None:
    """Do all that follows, as part of the change."""
    for hook in _hooks:
        hook(user_id, change, actor=actor, now=now)
