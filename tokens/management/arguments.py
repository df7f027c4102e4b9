"""What commands about tokens share: which account, how many, why, and how a refusal is told."""

from argparse import ArgumentTypeError
from collections.abc import Mapping

from django.core.management.base import CommandError, CommandParser

from ops.errors import DomainError
from ops.mongo.collections import Document
from tokens import queries
from tokens.rules.issuing import MOST, is_amount

REASON_LENGTH = (5, 500)


def add_reason(parser: CommandParser) -> None:
    """Take a reason."""
    parser.add_argument("--reason", required=True, type=_reason, help="why, for the audit log")


def amount(text: str) -> int:
    """Return a number of whole tokens.

    Raises:
        ArgumentTypeError: it is none that can be moved at once.
    """
    if not text.isascii() or not text.isdecimal() or not is_amount(int(text)):
        raise ArgumentTypeError(f"a whole number from 1 to {MOST}")
    return int(text)


def account_called(name: str, *, status: int = 1) -> Document:
    """Return the account of a name or an id.

    Raises:
        CommandError: there is none; the command ends with ``status``.
    """
    found = queries.account_by_id(name) if name.startswith("acc_") else queries.account_by_name(name)
    if found is None:
        raise CommandError(f"There is no account {name}.", returncode=status)
    return found


def told(refusal: DomainError) -> CommandError:
    """Return a refusal as a command ends with it: in one line, with what was missing."""
    details = refusal.details
    missing = details.get("required") if isinstance(details, Mapping) else None
    return CommandError(f"{refusal.message} Needed: {missing}." if missing else refusal.message)


def _reason(text: str) -> str:
    shortest, longest = REASON_LENGTH
    if not shortest <= len(text.strip()) <= longest:
        raise ArgumentTypeError(f"{shortest} to {longest} characters")
    return text.strip()
