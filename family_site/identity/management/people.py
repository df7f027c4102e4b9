"""What commands about a user share: whom, why, and how a refusal is told."""

import getpass
from argparse import ArgumentTypeError

from django.core.management.base import CommandError, CommandParser

from family_site.identity import queries
from family_site.identity.roles import Role
from ops.errors import DomainError
from ops.mongo.collections import Document

REASON_LENGTH = (5, 500)


def add_user(parser: CommandParser) -> None:
    """Take a user."""
    parser.add_argument("user", help="username or e-mail address")


def add_role(parser: CommandParser) -> None:
    """Take a role of staff."""
    parser.add_argument("role", choices=[str(each) for each in Role])


def add_reason(parser: CommandParser) -> None:
    """Take a reason."""
    parser.add_argument("--reason", required=True, type=_reason, help="why, for the audit log")


def typed_twice(prompt: str, *, otherwise: str) -> str:
    """Ask for a password twice.

    Args:
        prompt: what is shown the first time.
        otherwise: what has not happened if the two differ.

    Raises:
        CommandError: they do.
    """
    password = getpass.getpass(prompt)
    if password != getpass.getpass("The same again: "):
        raise CommandError(f"The two differ; {otherwise}.")
    return password


def user_called(name: str) -> Document:
    """Return the user of a name or an address.

    Raises:
        CommandError: there is none.
    """
    found = queries.user_by_identifier(name)
    if found is None:
        raise CommandError(f"There is no user {name}.")
    return found


def faults_of(error: DomainError) -> str:
    """Return a refusal as one line, with the faults of each field."""
    details = error.details if isinstance(error.details, list) else []
    return " ".join([error.message, *(f"{each['field']}: {each['message']}" for each in details)])


def _reason(text: str) -> str:
    shortest, longest = REASON_LENGTH
    if not shortest <= len(text.strip()) <= longest:
        raise ArgumentTypeError(f"{shortest} to {longest} characters")
    return text.strip()
