"""How the OpenAPI document is made: what an operation takes, answers and refuses stands beside its view.

Source: HTTP contract, section 2.3 (common errors); OpenAPI 3.1.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from ops import errors
from ops.errors import DomainError
from ops.web import replays
from ops.web.problems import CONTENT_TYPE, ProblemAnswer

F = TypeVar("F", bound=Callable[..., Any])
ErrorType = type[DomainError]

COMMON: tuple[ErrorType, ...] = (
    errors.ValidationFailedError,
    errors.MethodNotAllowedError,
    errors.NotAcceptableError,
    errors.InternalError,
    errors.DatabaseUnavailableError,
    errors.ServiceUnavailableError,
)
WITH_BODY: tuple[ErrorType, ...] = (
    errors.PayloadTooLargeError,
    errors.UnsupportedMediaTypeError,
    errors.ConflictError,
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def operation(  # noqa: PLR0913  # what an operation is made of
    *,
    success: Mapping[int, Any],
    request: Any = None,
    errors: Sequence[ErrorType] = (),
    parameters: Sequence[OpenApiParameter] = (),
    tags: Sequence[str] = (),
    etag: bool = False,
) -> Callable[[F], F]:
    """Describe a view's method.

    Args:
        success: serializers of the answers by status.
        request: serializer of the body, or serializers by media type; ``None``: it has none.
        errors: refusals beyond the common ones.
        parameters: query parameters and headers.
        tags: headings in the document; without them the first part of the path.
        etag: whether the answer carries one, and ``If-None-Match`` or ``If-Match`` are honoured.
    """

    def describe(method: F) -> F:
        method.operation_errors = tuple(errors)  # type: ignore[attr-defined]
        reads = method.__name__ == "get"
        condition = "If-None-Match" if reads else "If-Match"
        headers = [OpenApiParameter(condition, str, OpenApiParameter.HEADER)] if etag else []
        answers = dict(success)
        if etag and reads:
            answers[304] = OpenApiResponse(description="The client has this version already.")
        return extend_schema(
            request=request,
            responses=answers,
            parameters=[*parameters, *headers],
            tags=list(tags) or None,
        )(method)

    return describe


class OperationSchema(AutoSchema):
    """Adds the refusals of each operation, grouped by status, in the one error shape."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Public views need no credentials."""
        return [] if self._is_public() else [{"accessToken": []}]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, body in bodies.items():
            body["description"] = body["description"] or HTTPStatus(int(code)).phrase
        for status, refusals in sorted(self._refusals_by_status().items()):
            described = "; ".join(f"`{each.code}`: {each.meaning}" for each in refusals)
            answer = OpenApiResponse(ProblemAnswer, description=described)
            code = str(int(status))
            problem = self._get_response_for_code(  # type: ignore[no-untyped-call]  # drf-spectacular's
                answer, code, [CONTENT_TYPE], direction
            )
            if code in bodies:  # a health report is also an answer of its own
                bodies[code]["content"].update(problem["content"])
                bodies[code]["description"] += f"; {described}"
            else:
                bodies[code] = problem
        return bodies

    def get_override_parameters(self) -> list[Any]:
        """Every POST whose answer is kept takes a key."""
        if not self._is_kept():
            return []
        return [
            OpenApiParameter(
                replays.HEADER, str, OpenApiParameter.HEADER, description="Names one intent; see section 1.3."
            )
        ]

    def _is_kept(self) -> bool:
        return self.method == "POST" and getattr(self.view, "kept_as", None) is not None

    def _is_public(self) -> bool:
        return bool(getattr(self.view, "public", False))

    def _refusals_by_status(self) -> dict[HTTPStatus, list[ErrorType]]:
        handler = getattr(self.view, self.method.lower())
        refusals = [*COMMON, *getattr(handler, "operation_errors", ())]
        if self.method not in SAFE_METHODS:
            refusals += WITH_BODY
        if self._is_kept():
            refusals.append(errors.IdempotencyKeyReusedError)
        if not self._is_public():
            refusals.append(errors.AuthenticationRequiredError)
            ways: list[Any] = self.view.get_authenticators()
            refusals += [each for way in ways for each in way.errors]
        grouped: dict[HTTPStatus, list[ErrorType]] = {}
        for refusal in dict.fromkeys(refusals):
            grouped.setdefault(refusal.status, []).append(refusal)
        return grouped


class _TextField(OpenApiSerializerFieldExtension):
    target_class = "ops.web.serializers.Text"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:  # noqa: ARG002
        """Describe text with its bounds."""
        bounds = {"minLength": self.target.min_length, "maxLength": self.target.max_length}
        return {"type": "string", **bounds}


class _StrictBody(OpenApiSerializerExtension):
    target_class = "ops.web.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Say that unknown fields are refused."""
        described: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001  # the extension's documented way
            self.target, direction, bypass_extensions=True
        )
        return {**described, "additionalProperties": False}


def finish(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Name the way to sign in; drf-spectacular calls this last."""
    result.setdefault("components", {})["securitySchemes"] = {
        "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    result["servers"] = [{"url": settings.PUBLIC_URL}]
    return result


class OkAnswer(serializers.Serializer[Any]):
    """Done. Source: HTTP contract, section 1.1 (**ok**)."""

    status = serializers.ChoiceField(choices=["success"])
    message = serializers.CharField()
    transaction_safe = serializers.BooleanField()


def ok(message: str) -> dict[str, Any]:
    """Return the members of ``OkAnswer``."""
    return {"status": "success", "message": message, "transaction_safe": True}
