"""Every refusal in the one error shape, ``application/problem+json``.

Source: HTTP contract, section 2; RFC 9457.
"""

import secrets
import sys
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions, serializers
from rest_framework.exceptions import ErrorDetail

from ops import errors
from ops.errors import DatabaseUnavailableError, DomainError, FieldFault, ValidationFailedError
from ops.logs import logger
from ops.metrics import http
from ops.mongo import faults
from ops.mongo.breaker import breaker
from ops.web.json import dumps

CONTENT_TYPE = "application/problem+json"

# DRF's and Django's codes, in the contract's words.
FIELD_CODES = {
    "blank": "too_short",
    "empty": "too_short",
    "invalid": "invalid_format",
    "max_length": "too_long",
    "max_value": "too_large",
    "min_length": "too_short",
    "min_value": "too_small",
    "not_a_list": "invalid_type",
    "null_characters_not_allowed": "invalid_format",
    "surrogate_characters_not_allowed": "invalid_format",
}
log = logger(__name__)


class Refusal(HttpResponse):
    """An answer in the error shape; ``code``: of the refusal."""

    code = ""


class Rendered(NamedTuple):
    """A refusal, ready to be sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class ProblemAnswer(serializers.Serializer[Any]):
    """The one error shape, for the schema."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    error = serializers.CharField()
    message = serializers.CharField()
    details = serializers.JSONField()
    request_id = serializers.CharField()
    retry_after = serializers.IntegerField(required=False, help_text="Seconds.")


def document(error: DomainError, *, request_id: str) -> dict[str, Any]:
    """Return the members of the error shape."""
    shape: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/docs/errors#{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": int(error.status),
        "detail": error.message,
        "error": error.code,
        "message": error.message,
        "details": error.details,
        "request_id": request_id,
    }
    if error.retry_after is not None:
        shape["retry_after"] = error.retry_after
    return shape


def rendered(error: DomainError, *, request_id: str | None = None) -> Rendered:
    """Return status, headers and body; makes a request id when there is none yet."""
    request_id = request_id or new_request_id()
    http.note_error(error.code)
    headers = [
        ("Content-Type", CONTENT_TYPE),
        ("Cache-Control", "no-store"),
        ("X-Request-ID", request_id),
        *error.headers.items(),
    ]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    return Rendered(int(error.status), headers, dumps(document(error, request_id=request_id)))


def response(error: DomainError, request: HttpRequest) -> HttpResponse:
    """Return the answer to a refused request."""
    structlog.contextvars.bind_contextvars(error=error.code)  # of the request's line
    made = rendered(error, request_id=getattr(request, "request_id", None))
    answer = Refusal(made.body, status=made.status, headers=dict(made.headers))
    answer.code = error.code
    return answer


def new_request_id() -> str:
    """Return a fresh request id."""
    return secrets.token_hex(16)


def as_domain_error(error: BaseException) -> DomainError:
    """Say which refusal an exception means; what nobody foresaw is our defect, and logged as one."""
    if isinstance(error, DatabaseUnavailableError):
        log.error("Database connection failed", cause=breaker.fault())
    if isinstance(error, DomainError):
        return error
    if faults.is_unavailable(error):
        if faults.is_timeout(error):
            breaker.trip()
        log.error("Database connection failed", cause=type(error).__name__)
        return DatabaseUnavailableError()
    if isinstance(error, exceptions.APIException | Http404):
        return _from_framework(error)
    if isinstance(error, SuspiciousOperation):
        return _unservable()
    log.error("request failed", exc_info=error)
    return errors.InternalError()


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer for what a view raises. DRF calls this."""
    return response(as_domain_error(error), context["request"])


def _from_framework(error: exceptions.APIException | Http404) -> DomainError:
    match error:
        case exceptions.ValidationError():
            return ValidationFailedError(list(_field_faults(error.detail, "")))
        case exceptions.ParseError():
            return ValidationFailedError([FieldFault("body", "invalid_format", "The body cannot be read.")])
        case exceptions.NotFound() | Http404():
            return errors.NotFoundError()
        case _:
            log.error("request failed", exc_info=error)
            return errors.InternalError()


def _field_faults(detail: Any, path: str) -> list[FieldFault]:
    """Flatten DRF's nested errors into dotted paths."""
    if isinstance(detail, dict):
        return [
            fault for name, each in detail.items() for fault in _field_faults(each, _joined(path, str(name)))
        ]
    if isinstance(detail, list):
        return [fault for index, each in enumerate(detail) for fault in _item_faults(each, path, index)]
    code = (detail.code if isinstance(detail, ErrorDetail) else None) or "invalid"
    return [FieldFault(path or "body", FIELD_CODES.get(code, code), str(detail))]


def _item_faults(each: Any, path: str, index: int) -> list[FieldFault]:
    return _field_faults(each, path if isinstance(each, str) else _joined(path, str(index)))


def _joined(path: str, name: str) -> str:
    if name == "body":
        return path or "body"
    return f"{path}.{name}" if path else name


def _unservable() -> DomainError:
    fault = FieldFault("request", "not_allowed", "The request cannot be served as it was sent.")
    return ValidationFailedError([fault])


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer an unknown path. Django's ``handler404``."""
    return response(errors.NotFoundError(), request)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer what Django refuses by itself, for example a ``Host`` that is not ours. ``handler400``."""
    return response(_unservable(), request)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer what a page may not show. ``handler403``."""
    return response(errors.InsufficientPermissionsError(required="staff"), request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect outside the API's views. ``handler500``."""
    return response(as_domain_error(sys.exc_info()[1] or RuntimeError("no exception")), request)
