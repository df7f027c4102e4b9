"""How commands take a span of time between two moments."""

from django.core.management.base import CommandParser

from ops.spans import moment


def add_span(parser: CommandParser) -> None:
    """Take ``--from`` and ``--to``, as ``since`` and ``until``."""
    what = "only entries {} (2026-11-26T03:00Z, or a day)"
    parser.add_argument("--from", dest="since", type=moment, help=what.format("from then on"))
    parser.add_argument("--to", dest="until", type=moment, help=what.format("before then"))
