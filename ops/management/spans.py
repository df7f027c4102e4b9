"""What commands about a span of time share."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

from django.core.management.base import CommandParser


def add_span(parser: CommandParser) -> None:
    """Take ``--from`` and ``--to``, as ``since`` and ``until``."""
    what = "only entries {} (2026-11-26T03:00Z, or a day)"
    parser.add_argument("--from", dest="since", type=_moment, help=what.format("from then on"))
    parser.add_argument("--to", dest="until", type=_moment, help=what.format("before then"))


def _moment(text: str) -> datetime:
    """Return a moment, in UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a moment as 2026-11-26T03:00Z, or a day") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
