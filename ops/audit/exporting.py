"""Exporting the audit log: JSON lines from which somebody outside can prove, with the key, that it is whole.

The first line says what follows, and is signed; so nothing can be left out at the end. Then come the entries
in their forms (see ``chain``), in the order of their numbers, then those that should have one and have none.
The private part stays here unless it is asked for: its digest stands for it.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from ops.audit import chain, keys, reading
from ops.audit.reading import EVERYTHING, Scope
from ops.audit.verifying import AuditLogUnreadableError, Scan, Span

FORMAT = "audit-export/1"


def lines(scope: Scope, *, with_private: bool, now: datetime) -> Iterator[str]:
    """Yield the lines of an export, without their ends.

    Raises:
        AuditLogUnreadableError, DatabaseUnavailableError: the database cannot be asked.
    """
    try:
        for form in _forms(scope, with_private=with_private, now=now):
            yield chain.text_of(form).decode()
    except PyMongoError as error:
        raise AuditLogUnreadableError(type(error).__name__) from error


def _forms(scope: Scope, *, with_private: bool, now: datetime) -> Iterator[dict[str, Any]]:
    span, head = _span(scope, now), reading.head()
    to_the_head, up_to = span.last is None, span.last
    head_form = None if head is None else chain.form_of(head)
    if head and head_form and to_the_head and chain.is_head_sound(head_form, keys.known()):
        span = span._replace(last=head["seq"])
        # What is sealed from now on is of the next export; what nobody sealed is for the reader to see.
        up_to = None if reading.beyond(head["seq"]) else head["seq"]
    says = {
        "format": FORMAT,
        "exported_at": chain.form_of(now),
        **span._asdict(),
        "to_the_head": to_the_head,
        "head": head_form,
        "private": with_private,
    }
    yield chain.signed(says, keys.newest())
    for page in reading.numbered(span.first, up_to):
        for each in page:
            yield _form(each, with_private=with_private)
    for each, _ in Scan(now).through(scope):
        if found := reading.entry(each["_id"]):
            yield _form(found, with_private=with_private)


def _span(scope: Scope, now: datetime) -> Span:
    if scope == EVERYTHING:
        return Span(1, None)
    scan = Scan(now)
    deque(scan.through(scope), maxlen=0)  # it is what the scan has seen that matters
    return scan.span(scope)


def _form(entry: dict[str, Any], *, with_private: bool) -> dict[str, Any]:
    form: dict[str, Any] = chain.form_of(entry)
    return form if with_private else {name: each for name, each in form.items() if name != chain.PRIVATE}
