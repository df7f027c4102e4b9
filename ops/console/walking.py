"""Going through a whole list in batches, each found by the keys of the order: no cursor stays open."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q


def batches(queryset: Any, order: Sequence[str], size: int) -> Iterator[list[Any]]:
    """Yield all documents of a queryset in an order, at most ``size`` at a time, each batch one look.

    Args:
        queryset: the documents; its own order is replaced.
        order: fields, ``-`` before those that descend; an index gives it. Where the last of them is not
            ``pk``, documents of the same values are told apart by what was seen, so there must not be more of
            them than fit in memory.
        size: of a batch.
    """
    seen: list[Any] = []
    last: Any = None
    while True:
        rest = queryset if last is None else queryset.filter(beyond(last, order, seen))
        found = list(rest.order_by(*order)[:size])
        if found:
            yield found
        if len(found) < size:
            return
        last, before = found[-1], last
        if order[-1].lstrip("-") != "pk":
            alike = [each.pk for each in found if _values(each, order) == _values(last, order)]
            is_same = before is not None and _values(before, order) == _values(last, order)
            seen = [*seen, *alike] if is_same else alike


def beyond(last: Any, order: Sequence[str], seen: Sequence[Any] = ()) -> Q:
    """Return the condition for what comes after a document; ``seen``: ids of those at its place."""
    condition = Q() if order[-1].lstrip("-") == "pk" else ~Q(pk__in=list(seen))
    for number, (field, value) in reversed(
        list(enumerate(zip(_names(order), _values(last, order), strict=True)))
    ):
        way = "lt" if order[number].startswith("-") else "gt"
        here = Q(**{f"{field}__{way}": value})
        if field != "pk":
            # The bound by itself, too: so the index is entered there, not at its beginning.
            here = Q(**{f"{field}__{way}e": value}) & (here | (Q(**{field: value}) & condition))
        condition = here
    return condition


def is_placed(document: Any, order: Sequence[str]) -> bool:
    """Tell whether a document has a place in an order: a value in each of its fields."""
    return None not in _values(document, order)


def _names(order: Sequence[str]) -> list[str]:
    return [each.removeprefix("-") for each in order]


def _values(document: Any, order: Sequence[str]) -> list[Any]:
    return [getattr(document, each) for each in _names(order)]
