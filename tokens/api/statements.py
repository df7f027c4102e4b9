"""Statements: pages of an account's entries, and all of a range as CSV.

Source: HTTP contract, sections 8, 1.3 (cursor pages) and 19 (order, paging).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ops.errors import FieldFault, ValidationFailedError
from ops.mongo.collections import Document
from ops.web import cursors, sheets
from ops.web.cursors import Paging
from ops.web.json import JsonRenderer, dumps, timestamp
from ops.web.moments import Bounds
from tokens import queries
from tokens.api import answers
from tokens.api.bodies import KINDS

CSV = "text/csv"
LONGEST = timedelta(days=366)
COLUMNS = (
    *("transaction_id", "type", "direction", "amount", "balance_after", "seq", "from_user", "to_user"),
    *("timestamp", "note", "actor_user_id", "actor_username", "related_type", "related_id"),
)
# What a cursor is bound to; ``as_of`` only keeps newer entries out, which a position does anyway.
BINDING = ("from", "to", "type", "user_id")
_MOMENT = {"anyOf": [{"type": "string", "format": each} for each in ("date", "date-time")]}

PARAMETERS = (
    OpenApiParameter("from", _MOMENT, description="The first moment, or day (UTC)."),
    OpenApiParameter("to", _MOMENT, description="The moment before which it ends, or the last day (UTC)."),
    OpenApiParameter("type", {"type": "string", "enum": KINDS}, description="Only entries of this type."),
    OpenApiParameter("user_id", str, description="Only what this person did, paid or got."),
    OpenApiParameter("as_of", _MOMENT, description="Leaves out what came later; the links of a page say it."),
    *cursors.PARAMETERS,
)


class CsvRenderer(BaseRenderer):
    """Says that a statement is also to be had as CSV; the view writes it."""

    media_type = CSV
    format = "csv"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  # DRF's signature
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Return what is left to a renderer: nothing but an error's body."""
        return dumps(data)


RENDERERS = (JsonRenderer, CsvRenderer)


def success(page: Any) -> dict[tuple[int, str], Any]:
    """Return what an operation that answers a statement declares."""
    return {(200, JsonRenderer.media_type): page, (200, CSV): OpenApiTypes.STR}


class Asked(NamedTuple):
    """What of a statement is asked for; ``as_of``: nothing that came later."""

    since: datetime | None
    until: datetime | None
    as_of: datetime
    kind: str | None
    user_id: str | None

    @property
    def filters(self) -> dict[str, Any]:
        """The same, as ``queries.statement`` takes it."""
        return self._asdict()


def asked(request: Request, now: datetime) -> Asked:
    """Read the filters of a call.

    Raises:
        InvalidDateFormatError: something sent is neither a day nor a moment.
        ValidationFailedError: there is no such type, or the range ends before it begins.
    """
    bounds = Bounds(request)
    since, until, as_of = bounds.first("from"), bounds.after("to"), bounds.last("as_of")
    bounds.require()
    kind = request.query_params.get("type")
    faults = []
    if kind is not None and kind not in KINDS:
        faults.append(FieldFault("query.type", "invalid_choice", f"Possible: {', '.join(KINDS)}."))
    if since is not None and until is not None and since >= until:
        faults.append(FieldFault("query.from", "not_allowed", "The range would end before it begins."))
    if faults:
        raise ValidationFailedError(faults)
    latest = now if as_of is None else min(as_of, now)
    return Asked(since, until, latest, kind, request.query_params.get("user_id"))


def wants_file(request: Request) -> bool:
    """Tell whether the client takes CSV rather than JSON."""
    return bool(request.accepted_media_type == CSV)


def bound(request: Request, **where: str) -> dict[str, Any]:
    """Return what a cursor of a statement is bound to."""
    return {name: request.query_params.get(name) for name in BINDING} | where


def page(paging: Paging, account: Document, wanted: Asked) -> dict[str, Any]:
    """Return the members of a page of an account's statement."""
    found = queries.statement(account["_id"], paging.part, filters=wanted.filters)
    body = paging.body(found, [answers.entry(each) for each in found.rows])
    for name in ("next", "previous"):
        body[name] = _fixed(body[name], wanted.as_of)
    return body | {"current_balance": _balance(account, wanted.as_of), "as_of": wanted.as_of}


def file(account: Document, wanted: Asked) -> StreamingHttpResponse:
    """Return all of a range of an account's statement, newest first, piece by piece.

    Raises:
        ValidationFailedError: the range is longer than 366 days.
    """
    until = wanted.until or wanted.as_of
    since = until - LONGEST if wanted.since is None else wanted.since
    if until - since > LONGEST:
        fault = FieldFault("query.from", "not_allowed", f"A file covers at most {LONGEST.days} days.")
        raise ValidationFailedError([fault])
    filters = {**wanted.filters, "since": since, "until": wanted.until}
    found = queries.whole_statement(account["_id"], filters=filters)
    parts = ([cells(answers.entry(each)) for each in entries] for entries in found)
    answer = StreamingHttpResponse(sheets.pieces(COLUMNS, parts), content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="{account["username"]}.csv"'
    return answer


def _balance(account: Document, moment: datetime) -> int:
    last = account.get("last_at")
    if last is None or last <= moment:
        return int(account["balance"])
    return queries.balance_at(account["_id"], moment)


def _fixed(address: str | None, as_of: datetime) -> str | None:
    """Return the address of another page of the same run: what came after the first page stays out."""
    if address is None or "as_of=" in address:
        return address
    return f"{address}&{urlencode({'as_of': timestamp(as_of)})}"


def cells(entry: Mapping[str, Any]) -> list[object]:
    """Return what stands under ``COLUMNS``."""
    related = entry["related"] or {}
    flat = {
        **entry,
        "actor_user_id": entry["actor"]["user_id"],
        "actor_username": entry["actor"]["username"],
        "related_type": related.get("type"),
        "related_id": related.get("id"),
    }
    return [flat[name] for name in COLUMNS]
