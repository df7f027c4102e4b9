"""The smallest valid things, made by the actions that the product has for them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from families.actions import founding, inviting, joining, requesting
from families.actions.requesting import Item
from families.invitations import emails
from families.rules import RelationshipType
from family_site.identity import queries
from family_site.identity.actions import challenges, permanent_tokens, registration, roles, signing_in
from family_site.identity.roles import Role
from ops import clock, links
from ops.access import changing
from ops.actors import Actor, ActorKind, Scope
from ops.guarding import RuleKind
from ops.limits import overriding
from ops.limits.overrides import Override
from ops.limits.overriding import Wanted
from ops.links import Link, LinkKind
from ops.mongo.collections import Document, collection
from ops.security import SecurityEventType, record
from ops.security.recording import recorder
from tokens import queries as tokens
from tokens.actions import issuing
from tokens.rules.requests import Urgency

PASSWORD = "Quite-Long-7!"
BLOCKED = "198.51.100.9"  # an address that nobody calls from
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
    signed_in = signing_in.open_session(user, actor=actor, now=clock.now())
    return Person(user["_id"], username, email, signed_in.access_token, signed_in.session_id)


def new_staff(role: Role, username: str | None = None) -> Person:
    """Register a user, sign them in and give them a role of staff."""
    person = new_person(username)
    roles.grant(person.id, role, actor=Actor.system("tests"), now=clock.now(), reason="for a test")
    return person


class Token(NamedTuple):
    """A permanent token; it stands for its owner where a client wants one."""

    id: str
    token: str


def new_permanent_token(person: Person, *scopes: Scope, networks: Sequence[str] = ()) -> Token:
    """Make a person's permanent token, without a scope one that reads."""
    wanted = permanent_tokens.Wanted("for a test", scopes or (Scope.READ,), networks)
    made = permanent_tokens.create(wanted, actor=person.actor, now=clock.now())
    return Token(made.document["_id"], made.token)


def new_link(kind: LinkKind, person: Person) -> str:
    """Make a person's link of a kind, without a mail; returns its token."""
    user = queries.user_by_id(person.id)
    challenge = challenges.issue(kind, user, user["email"], now=clock.now())
    token = links.token(kind, challenge["_id"], Link(**challenge["link"]))
    assert token is not None
    return token


def new_family(founder: Person, name: str = "Larks") -> Document:
    """Found a family."""
    return founding.found(name, actor=founder.actor, now=clock.now())


def new_invitation(
    family_id: str,
    inviter: Person,
    identifier: str,
    kind: RelationshipType = RelationshipType.SIBLING,
    *,
    now: datetime | None = None,
) -> Document:
    """Invite somebody: an address, or without an @ a username."""
    invited = inviting.invite(
        family_id,
        identifier,
        kind,
        by_username="@" not in identifier,
        actor=inviter.actor,
        now=now or clock.now(),
    )
    return invited.invitation


def token_of(invitation: Document) -> str:
    """Return the token of an invitation's link, as its mail has it."""
    address = emails.link(invitation)
    assert address is not None
    return address.split("/")[-2]


def new_issuance(person: Person, amount: int = 100) -> Document:
    """Put tokens on somebody's own account, as staff does."""
    account = tokens.account_by_name(person.username)
    assert account is not None
    return issuing.issue(
        account["_id"], amount, actor=Actor.system("tests"), now=clock.now(), reason="for a test"
    )


def new_member(family_id: str, inviter: Person, person: Person | None = None) -> Person:
    """Make somebody a member, by an invitation that they accept."""
    person = person or new_person()
    invitation = new_invitation(family_id, inviter, person.username)
    joining.accept(invitation["_id"], actor=person.actor, now=clock.now())
    return person


def new_override(endpoint: str = "/family/create", most: int = 1000, window: int = 3600) -> Override:
    """Let staff override a limit, for 24 hours."""
    wanted = Wanted(endpoint, most, window, reason="for a test")
    return overriding.set_override(wanted, actor=Actor.system("tests"), now=clock.now())


def new_guards() -> str:
    """Make a rule of each list, about ``BLOCKED``, and a security event about it; returns the event's id."""
    rule = changing.Wanted(RuleKind.ADDRESS, BLOCKED, None, "for a test")
    for make in (changing.block, changing.allow):
        make(rule, actor=Actor.system("tests"), now=clock.now())
    record(SecurityEventType.BLOCKED_CALL, BLOCKED, {"rule": "address"})
    recorder.flush()
    event = collection("security_events").find_one({"subject": BLOCKED})
    assert event is not None
    return str(event["_id"])


def new_requests(family_id: str, person: Person) -> tuple[str, str]:
    """Ask a family for tokens and for a kite, of which nobody has decided; returns the ids."""
    actor, now = person.actor, clock.now()
    asked = requesting.request_tokens(family_id, 5, "for bread", Urgency.LOW, actor=actor, now=now)
    kite = Item("A kite")
    bought = requesting.request_purchase(family_id, kite, 5, "the old one flew away", actor=actor, now=now)
    return str(asked["_id"]), str(bought["_id"])
