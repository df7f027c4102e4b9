"""The audit entries about one thing, as a table of its page."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q

from ops.console import references
from ops.console.showing import Table, when
from ops.models import AuditEntry

MOST = 10
COLUMNS = ("time", "action", "actor", "target")


def of_target(identifier: str, *others: str) -> Table:
    """Return the newest changes of a document, and of others that belong to it."""
    more = references.list_of("ops.auditentry", target=identifier)
    return table("Latest changes", Q(target__in=[identifier, *others]), more=None if others else more)


def of_family(identifier: str) -> Table:
    """Return the newest changes of a family and of what belongs to it."""
    more = references.list_of("ops.auditentry", family=identifier)
    return table("Latest changes", Q(family_id=identifier), more=more)


def table(title: str, condition: Q, *, order: Sequence[str] = ("-at",), more: str | None = None) -> Table:
    """Return the newest entries that fit a condition; ``more``: address of the list of all."""
    found = AuditEntry.objects.filter(condition).order_by(*order)
    entries = list(found.only("at", "action", "actor", "target")[:MOST])
    links = references.resolve(each for entry in entries for each in (entry.actor, entry.target))
    rows = [
        (
            references.link("ops.auditentry", entry.pk, when(entry.at)),
            entry.action,
            links.get(entry.actor, entry.actor),
            links.get(entry.target, entry.target),
        )
        for entry in entries
    ]
    return Table(title, COLUMNS, rows, more=(more, "All of them in the audit log") if more else None)


def targets_of(actor: str, actions: Sequence[str], most: int) -> list[str]:
    """Return to what somebody did something last, newest first: what they made, for example. One look."""
    found = AuditEntry.objects.filter(actor=actor, action__in=list(actions)).order_by("-at")
    return [str(target) for target in found.values_list("target", flat=True)[:most]]


def of_request(request_id: str) -> Table:
    """Return what a request changed; for its page."""
    return table("Changes", Q(request_id=request_id))


def ids_in(value: Any) -> Iterator[str]:
    """Yield the ids that a value of an entry holds."""
    for each in value if isinstance(value, list) else [value]:
        if references.is_known(each):
            yield each
