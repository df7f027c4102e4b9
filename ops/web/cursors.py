"""Pages over HTTP: ``limit`` and ``cursor`` in, ``results``, ``next`` and ``previous`` out.

A cursor is signed together with who got it and what for, so it opens nothing else; it lives for a day.
Source: HTTP contract, sections 1.3 (cursor pages) and 19 (paging).
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from ops.actors import Actor
from ops.errors import FieldFault, ValidationFailedError
from ops.paging import Page, Part, Position

LIVES = timedelta(hours=24)
FEWEST, USUAL, MOST = 1, 20, 100
_NUMBER = re.compile(r"-?[0-9]{1,19}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

PARAMETERS = (
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": FEWEST, "maximum": MOST, "default": USUAL},
        description="Most rows of the page.",
    ),
    OpenApiParameter("cursor", str, description="From `next` or `previous` of another page."),
)


class PageAnswer(serializers.Serializer[Any]):
    """A page; a subclass says what its ``results`` are."""

    next = serializers.CharField(allow_null=True, help_text="Address of the page of older rows.")
    previous = serializers.CharField(allow_null=True, help_text="Address of the page of newer rows.")


@dataclass(frozen=True)
class Paging:
    """A call for a page: ``part`` is what to read, ``body`` what to answer."""

    part: Part
    request: Request
    salt: str

    def body(self, page: Page, results: Sequence[Any]) -> dict[str, Any]:
        """Return the answer's members."""
        return {
            "results": results,
            "next": self._address(page.older, backwards=False),
            "previous": self._address(page.newer, backwards=True),
        }

    def _address(self, position: Position | None, *, backwards: bool) -> str | None:
        if position is None:
            return None
        place = [(position.at - _EPOCH) // _MILLISECOND, position.id, backwards]
        query = self.request.query_params.copy()
        query["cursor"] = signing.dumps(place, salt=self.salt)
        return f"{settings.PUBLIC_URL}{self.request.path}?{query.urlencode()}"


def asked(request: Request, actor: Actor, listed: str, filters: Mapping[str, Any]) -> Paging:
    """Read what part of a list is asked for.

    Args:
        request: the call.
        actor: who asks; nobody else's cursor is taken.
        listed: name of the list, the same for all its paths.
        filters: what is listed of it; a cursor is taken for the same only.

    Raises:
        ValidationFailedError: ``limit`` is out of range, or ``cursor`` is not one of ours, or too old.
    """
    bound = json.dumps([actor.id, listed, dict(filters)], sort_keys=True)
    salt = f"cursor:{hashlib.sha256(bound.encode()).hexdigest()}"
    faults: list[FieldFault] = []
    limit = _limit(request.query_params.get("limit"), faults)
    position, backwards = _place(request.query_params.get("cursor"), salt, faults)
    if faults:
        raise ValidationFailedError(faults)
    return Paging(Part(limit, position, backwards=backwards), request, salt)


def _limit(sent: str | None, faults: list[FieldFault]) -> int:
    if sent is None:
        return USUAL
    if not _NUMBER.match(sent):
        faults.append(FieldFault("query.limit", "invalid_type", "An integer is needed."))
        return USUAL
    limit = int(sent)
    if not FEWEST <= limit <= MOST:
        code = "too_small" if limit < FEWEST else "too_large"
        faults.append(FieldFault("query.limit", code, f"Possible: {FEWEST} to {MOST}."))
    return limit


def _place(sent: str | None, salt: str, faults: list[FieldFault]) -> tuple[Position | None, bool]:
    if sent is None:
        return None, False
    try:
        at, row, backwards = signing.loads(sent, salt=salt, max_age=LIVES)
    except signing.BadSignature:
        message = "It has run out, or belongs to another list; begin again without a cursor."
        faults.append(FieldFault("query.cursor", "unavailable", message))
        return None, False
    return Position(_EPOCH + at * _MILLISECOND, row), backwards
