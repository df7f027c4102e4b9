"""The whole of a list as a file: all documents that its filter leaves, in the list's order, as CSV or NDJSON.

Invariants: in memory is one batch of rows, however many there are; a batch begins where the one before it
ended, by the keys of the order, so no cursor of the server has to live as long as a download; what comes into
being meanwhile neither repeats nor hides a row; nobody gets what the list itself would not show them.

An export is told to the audit log twice: when it begins, by which filter, and when it ends, with how many
rows, and whether that was all. So one that nobody saw the end of is known, too.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextvars import Context
from itertools import chain
from threading import BoundedSemaphore
from typing import Any, Protocol

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.utils.text import slugify

from ops import audit, clock
from ops.actors import Actor
from ops.console import cells, references
from ops.console.acting import staff
from ops.console.lists import WholeList
from ops.console.walking import batches
from ops.errors import ServiceUnavailableError, ValidationFailedError
from ops.mongo.unit_of_work import unit_of_work
from ops.web import limiting, sheets

AT_ONCE = 500  # rows in memory: about a megabyte
# A million rows on two cores, with room for a slow line.
MOST_SECONDS = 30 * 60.0
# Half of the process's threads: a client that reads slowly holds one of them all the while.
_places = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))
OPERATION = "console_export"
BEGUN, ENDED = "list.export_began", "list.export_ended"

Row = Mapping[str, Any]
Rows = Iterator[Sequence[Row]]


class ExportedPage(Protocol):
    """What is asked of the pages of a collection; ``ConsoleAdmin`` has it."""

    opts: Any
    model: Any
    list_display: Any

    def has_view_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may see the documents."""

    def complete(self, documents: Sequence[Any]) -> None:
        """Give documents what is JSON in them, and the links of what they refer to."""


def view(page: ExportedPage, form: str) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the view that answers a page's list as a file; ``form``: ``csv`` or ``ndjson``."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if not page.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        actor = staff(request)
        limiting.count_user(request, OPERATION, user_id=actor.user_id, session_id=str(actor.session_id))
        limiting.refuse(request)
        try:
            whole = WholeList.of(page, request)
        except IncorrectLookupParameters:
            raise ValidationFailedError([]) from None
        return _file(page, form, whole, actor, request)

    answer.limited_as = {"GET": OPERATION}  # type: ignore[attr-defined]  # as pages for people say it
    return answer


def _file(
    page: ExportedPage, form: str, whole: WholeList, actor: Actor, request: HttpRequest
) -> HttpResponseBase:
    told = {"list": page.opts.label_lower, "form": form}
    name = f"{slugify(str(page.opts.verbose_name_plural))}-{clock.now():%Y%m%d-%H%M%S}.{form}"
    headers = {
        "Content-Type": KINDS[form],
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    user: Any = request.user
    rows = _counted(_rows(page, whole, user.has_perm), actor, told, request.GET.urlencode())
    answer = StreamingHttpResponse(_closing(FORMS[form](page, rows), rows), headers=headers)
    answer.stream_seconds = MOST_SECONDS  # type: ignore[attr-defined]  # read by ops.server
    return answer


def _rows(page: ExportedPage, whole: WholeList, may: Callable[[str], bool]) -> Rows:
    """Yield the rows batch by batch, with the columns of the list and the ids that they show.

    ``may``: whether who takes it has a permission; while a file is sent, nobody looks at a page any more.
    """
    for documents in batches(whole.queryset, whole.order, AT_ONCE):
        with references.as_seen_by(may):
            page.complete(documents)
            rows = [_row(page, document) for document in documents]
        yield rows


def _row(page: ExportedPage, document: Any) -> Row:
    shown = {name: cells.of(page, name, document) for name in _columns(page)}
    ids = {name: list(cell.ids) for name, cell in shown.items() if cell.ids}
    return {"id": document.pk, **{name: cell.value for name, cell in shown.items()}, "ids": ids}


def _columns(page: ExportedPage) -> list[str]:
    """Return the list's columns; the id stands in every row by itself."""
    return [each for each in page.list_display if each != "id"]


def _counted(rows: Rows, actor: Actor, told: Mapping[str, str], query: str) -> Generator[Sequence[Row]]:
    """Hand the rows on; tell that they begin, and at the end, also of what is broken off, how many went out.

    Raises:
        ServiceUnavailableError: as many as may be are being made by this process.
    """
    if not _places.acquire(blocking=False):
        raise ServiceUnavailableError("Other files are being made; try again in a minute.", retry_after=60)
    try:
        began, sent, is_whole = _begin(actor, told, query), 0, False
        try:
            for some in rows:
                sent += len(some)
                yield some
            is_whole = True
        finally:
            # Outside of the time that the file has: it may be over, which is why this is the end.
            Context().run(_end, actor, {**told, "began": began, "rows": sent, "complete": is_whole})
    finally:
        _places.release()


def _closing(body: Iterator[bytes], rows: Generator[Sequence[Row]]) -> Iterator[bytes]:
    """Hand the body on; whoever stops reading it ends the rows at once."""
    try:
        yield from body
    finally:
        rows.close()


@unit_of_work()
def _begin(actor: Actor, told: Mapping[str, Any], query: str) -> str:
    """Tell that it begins; what was searched for may name somebody, so it stands in the private part."""
    private = {"filter": query}
    return audit.record(actor, BEGUN, target=actor.user_id, now=clock.now(), after=told, private=private)


@unit_of_work()
def _end(actor: Actor, told: Mapping[str, Any]) -> None:
    audit.record(actor, ENDED, target=actor.user_id, now=clock.now(), after=told)


# How it is written --------------------------------------------------------------------------------


def _as_csv(page: ExportedPage, rows: Rows) -> Iterator[bytes]:
    """Return lines of the columns as the list heads them; the ids stand in the last one."""
    typed: Any = page
    heads = ["id", *(str(label_for_field(each, page.model, typed)) for each in _columns(page)), "ids"]
    parts = ([[cells.as_text(value) for value in row.values()] for row in some] for some in rows)
    return sheets.pieces(heads, parts)


def _as_ndjson(_page: ExportedPage, rows: Rows) -> Iterator[bytes]:
    """Return one JSON object a line, by the names of the columns."""
    lines = (b"".join(cells.as_line(row) for row in some) for some in rows)
    return chain([next(lines, b"")], lines)


FORMS: Mapping[str, Callable[[ExportedPage, Rows], Iterator[bytes]]] = {
    "csv": _as_csv,
    "ndjson": _as_ndjson,
}
KINDS: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
