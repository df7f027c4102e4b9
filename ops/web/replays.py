"""``Idempotency-Key``: a POST that is sent again gets the first answer again.

Source: HTTP contract, section 1.3.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from rest_framework.request import Request

from ops import clock, idempotency
from ops.errors import FieldFault, ValidationFailedError
from ops.idempotency import Intent
from ops.web.answers import JSON

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{8,128}\Z")


def answer(
    request: Request,
    handler: Callable[[], HttpResponse],
    operation: str,
    where: Mapping[str, Any],
    *,
    caller: str,
) -> HttpResponse:
    """Call the handler, or return what it answered to the same intent before.

    Args:
        request: the call; without the header it has no intent to compare.
        handler: does it and answers; what it refuses it raises.
        operation: under which keys are kept.
        where: what the path names.
        caller: id of the actor.

    Raises:
        ValidationFailedError: the key is too short, too long, or not visible ASCII.
        IdempotencyKeyReusedError: it stands for another path or body.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return handler()
    if not _KEY.match(key):
        message = "8 to 128 visible ASCII characters are needed."
        raise ValidationFailedError([FieldFault(f"header.{HEADER}", "invalid_format", message)])
    intent = Intent(caller, operation, key, target=_digest(where), body_hash=_digest(_body(request)))
    given: list[HttpResponse] = []

    def act() -> tuple[int, bytes]:
        given[:] = [handler()]
        return given[0].status_code, given[0].content

    kept = idempotency.once(intent, act, now=clock.now())
    if not kept.replayed:
        return given[0]
    return HttpResponse(kept.body, status=kept.status, content_type=JSON, headers={REPLAYED: "true"})


def _body(request: Request) -> Any:
    """Return what the body says; no body says as much as an empty object."""
    return {} if isinstance(request.data, QueryDict) else request.data


def _digest(value: Any) -> str:
    """Return the SHA-256 of a value, whatever the order of its members was."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
