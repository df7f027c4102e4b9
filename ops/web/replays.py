"""``Idempotency-Key``: a POST that is sent again gets the first answer again.

Source: HTTP contract, section 1.3.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.http import HttpResponse, QueryDict
from rest_framework.request import Request

from ops import clock, idempotency
from ops.errors import Fault, FieldFault, ValidationFailedError
from ops.idempotency import Intent
from ops.web.answers import JSON

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
FORM = "8 to 128 visible ASCII characters are needed."
_KEY = re.compile(r"[\x21-\x7e]{8,128}\Z")


class Keeping(NamedTuple):
    """How the answers of an operation are kept.

    Attributes:
        operation: under which keys are kept.
        forever: it moves tokens; else an answer is kept for a day.
        field: of the body, in which a client may send the key in place of the header.
    """

    operation: str
    forever: bool = False
    field: str | None = None


def answer(
    request: Request,
    handler: Callable[[], HttpResponse],
    keeping: Keeping,
    where: Mapping[str, Any],
    *,
    caller: str,
) -> HttpResponse:
    """Call the handler, or return what it answered to the same intent before.

    Args:
        request: the call; without a key it has no intent to compare.
        handler: does it and answers; what it refuses it raises.
        keeping: how answers are kept.
        where: what the path names.
        caller: id of the actor.

    Raises:
        ValidationFailedError: the key is too short, too long, or not visible ASCII, or the body says another.
        IdempotencyKeyReusedError: it stands for another path or body.
    """
    intent = _intent(request, keeping, where, caller)
    if intent is None:
        return handler()
    given: list[HttpResponse] = []

    def act() -> tuple[int, bytes]:
        given[:] = [handler()]
        return given[0].status_code, given[0].content

    kept = idempotency.once(intent, act, now=clock.now())
    if not kept.replayed:
        return given[0]
    return HttpResponse(kept.body, status=kept.status, content_type=JSON, headers={REPLAYED: "true"})


def was_answered(request: Request, keeping: Keeping, where: Mapping[str, Any], *, caller: str) -> bool:
    """Tell whether the same intent has an answer already; as ``answer``."""
    intent = _intent(request, keeping, where, caller)
    return intent is not None and idempotency.is_known(intent)


def key_fault(text: str) -> Fault | None:
    """Say why a text cannot be a key; ``None``: it can."""
    return None if _KEY.match(text) else Fault("invalid_format", FORM)


def _intent(request: Request, keeping: Keeping, where: Mapping[str, Any], caller: str) -> Intent | None:
    """Return what the call intends; ``None``: it has no key."""
    key = _key(request, keeping.field)
    if key is None:
        return None
    body_hash = _digest(_body(request, keeping.field))
    return Intent(caller, keeping.operation, key, _digest(where), body_hash, keep_forever=keeping.forever)


def _key(request: Request, field: str | None) -> str | None:
    """Return the call's key; what else stands in the body's field is refused with the body's other faults."""
    sent: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if sent is not None and (fault := key_fault(sent)):
        raise ValidationFailedError([FieldFault(f"header.{HEADER}", *fault)])
    body = _body(request) if field else {}
    older = body.get(field) if isinstance(body, dict) else None
    if not isinstance(older, str) or key_fault(older):
        return sent
    if sent is not None and sent != older:
        raise ValidationFailedError([FieldFault(str(field), "not_allowed", f"{HEADER} says another.")])
    return older


def _body(request: Request, field: str | None = None) -> Any:
    """Return what the body says beside the key; no body says as much as an empty object."""
    body = {} if isinstance(request.data, QueryDict) else request.data
    return {name: each for name, each in body.items() if name != field} if isinstance(body, dict) else body


def _digest(value: Any) -> str:
    """Return the SHA-256 of a value, whatever the order of its members was."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
