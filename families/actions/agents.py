"""Who changes a family: one of its admins, or staff for them."""

from typing import NamedTuple

from ops.actors import Actor

STAFF = "the support"


class Agent(NamedTuple):
    """Who acts; ``shown``: as the members are told; ``reason``: why, where staff have to say it."""

    actor: Actor
    shown: str
    reason: str | None = None

    @classmethod
    def member(cls, actor: Actor) -> "Agent":
        """Return one of the family, shown by name."""
        return cls(actor, actor.name)

    @classmethod
    def staff(cls, actor: Actor, reason: str) -> "Agent":
        """Return one of the staff, whose names members are not told."""
        return cls(actor, STAFF, reason)
