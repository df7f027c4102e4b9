"""What else follows when a frozen account is opened again: others say so here, and it is part of that."""

from datetime import datetime
from typing import Protocol

from ops.actors import Actor
from ops.mongo.collections import Document


class Hook(Protocol):
    """Called in the unit of work that opens the account, once that is written."""

    def __call__(self, account: Document, *, actor: Actor, now: datetime) -> None:
        """Write what follows; ``account``: as it was before."""


_hooks: list[Hook] = []


def register(hook: Hook) -> None:
    """Enter what follows; called by an app when it is ready."""
    _hooks.append(hook)


def follow(account: Document, *, actor: Actor, now: datetime) -> None:
    """Do all that follows, as part of the opening."""
    for hook in _hooks:
        hook(account, actor=actor, now=now)
