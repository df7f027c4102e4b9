"""The smallest valid things, made by the actions that the product has for them."""

import itertools
from dataclasses import dataclass

from families.actions import founding
from family_site.identity.actions import registration, sessions
from ops import clock
from ops.actors import Actor, ActorKind
from ops.mongo.collections import Document

PASSWORD = "Quite-Long-7!"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A user with an open session."""

    id: str
    username: str
    email: str
    token: str
    session_id: str

    @property
    def actor(self) -> Actor:
        """The person as actions take them."""
        return Actor(ActorKind.USER, self.id, self.username, session_id=self.session_id)


def new_person(username: str | None = None, *, is_staff: bool = False) -> Person:
    """Register a user with the password ``PASSWORD`` and sign them in."""
    username = username or f"person-{next(_numbers)}"
    actor, email = Actor.system("tests"), f"{username}@example.com"
    user = registration.register(
        username, email, PASSWORD, actor=actor, now=clock.now(), is_staff=is_staff, is_superuser=is_staff
    )
    signed_in = sessions.open_session(user, actor=actor, now=clock.now())
    return Person(user["_id"], username, email, signed_in.access_token, signed_in.session_id)


def new_family(founder: Person, name: str = "Larks") -> Document:
    """Found a family."""
    return founding.found(name, actor=founder.actor, now=clock.now())
