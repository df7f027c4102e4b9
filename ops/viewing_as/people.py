"""What must be known of people to see as one of them: whoever knows the users says it here."""

from datetime import datetime
from typing import Protocol

from ops.actors import Actor


class People(Protocol):
    """Knows the users, and the sessions of staff."""

    def actor_of(self, user_id: str) -> Actor | None:
        """Return a person as their own calls of the API show them; ``None``: disabled, or gone."""

    def may_be_seen(self, person: Actor, viewer: Actor) -> bool:
        """Tell whether a member of staff may see as a person, with the rights that both have now."""

    def end(self, session_id: str | None, why: str, *, actor: Actor, now: datetime) -> None:
        """End that a session sees as somebody, if it still does; recorded."""


_registered: list[People] = []


def register(people: People) -> None:
    """Say who knows the users."""
    _registered[:] = [people]


def known() -> People:
    """Return who knows the users."""
    (people,) = _registered
    return people
