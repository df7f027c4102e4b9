"""What commands that make tokens for operators share: for whom, with what, and how a refusal is told."""

from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import timedelta

from django.core.management.base import CommandError, CommandParser

from family_site.identity import token_queries
from family_site.identity.actions import permanent_tokens
from family_site.identity.actions.permanent_tokens import Made, Wanted
from family_site.identity.management.people import faults_of, user_called
from ops import clock
from ops.actors import Actor, Scope
from ops.errors import DomainError
from ops.mongo.collections import Document
from ops.second_factor import is_asked_of_staff
from ops.spans import duration

# The machine itself: whoever takes the token elsewhere has nothing.
LOOPBACK = ("127.0.0.0/8", "::1/128")
LONGEST = timedelta(days=30)


def add_owner_and_span(parser: CommandParser, default: str) -> None:
    """Take whose the token shall be, and for how long."""
    parser.add_argument("--user", metavar="NAME", help="member of staff; default: the only active superuser")
    parser.add_argument(
        "--for",
        dest="span",
        type=_span,
        default=default,
        metavar="TIME",
        help=f"how long it is good: 10m, 8h or 2d, at most {LONGEST.days}d; default: {default}",
    )


def member_of_staff(name: str | None) -> Document:
    """Return who is meant.

    Raises:
        CommandError: nobody, or nobody who is staff; or several could be meant.
    """
    if name is not None:
        found = user_called(name)
        if not (found["is_staff"] and found["is_active"]):
            raise CommandError(f"{found['username']} is no active member of staff.")
        return found
    superusers = token_queries.active_superusers()
    if len(superusers) != 1:
        names = ", ".join(sorted(each["username"] for each in superusers)) or "nobody"
        raise CommandError(f"Say whose it shall be, with --user. Active superusers: {names}.")
    return superusers[0]


def make(owner: Document, scopes: Sequence[Scope], span: timedelta, description: str) -> Made:
    """Make a token that is good on this machine.

    Raises:
        CommandError: it is refused, or would open nothing.
    """
    needs_factor = Scope.ADMIN in scopes and is_asked_of_staff()
    if needs_factor and not owner.get("second_factor"):
        raise CommandError(
            f"{owner['username']} has no second factor, which staff must have: the token would open nothing."
        )
    now = clock.now()
    wanted = Wanted(description, scopes, LOOPBACK, now + span)
    try:
        return permanent_tokens.create_by_operator(owner["_id"], wanted, actor=Actor.shell(), now=now)
    except DomainError as error:
        raise CommandError(faults_of(error)) from None


def _span(text: str) -> timedelta:
    span = duration(text)
    if span > LONGEST:
        raise ArgumentTypeError(f"at most {LONGEST.days}d")
    return span
