"""Finding documents by what people have in hand: an id, a name, an address.

Exact, or by the beginning, always by an index: no pattern ever reaches the database.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

LONGEST = 254  # characters; an e-mail address is the longest thing to look for
TOO_LONG = "That is longer than anything there is to find."
# Sorts after every text with the same beginning: MongoDB compares strings by code points.
LAST = "\U0010ffff"


def cleaned(typed: str) -> str:
    """Return what to look for; empty: nothing can be found by it."""
    term = typed.strip()
    return "" if len(term) > LONGEST or "\0" in term else term


def condition(term: str, fields: Sequence[str]) -> Q:
    """Return the condition for documents that ``term`` finds.

    Args:
        term: as ``cleaned`` returns it.
        fields: ``=field`` finds exactly, ``^field`` finds case-folded by the beginning.
    """
    found = Q(pk__in=())
    for field in fields:
        found |= beginning(field[1:], term) if field.startswith("^") else Q(**{field.lstrip("="): term})
    return found


def beginning(field: str, term: str) -> Q:
    """Return the condition that a field, stored case-folded, begins with ``term``."""
    folded = term.casefold()
    return Q(**{f"{field}__gte": folded, f"{field}__lt": folded + LAST})


def exact(term: str, fields: Iterable[str]) -> Q:
    """Return the condition that one of the fields is ``term``; names and addresses are stored case-folded."""
    found = Q(pk__in=())
    for field in fields:
        found |= Q(**{f"{field}__in": sorted({term, term.casefold()})})
    return found


def first(queryset: Any, most: int) -> list[Any]:
    """Return the first documents of a queryset, at most ``most``."""
    return list(queryset[:most])
