"""How the OpenAPI document is made: what an operation takes, answers and refuses stands beside its view.

Source: HTTP contract, section 2.3 (common errors); OpenAPI 3.1.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from ops import errors, scopes, second_factor
from ops.errors import DomainError
from ops.maintenance.errors import MaintenanceError
from ops.web import described, replays
from ops.web.described import Link
from ops.web.problems import CONTENT_TYPE, ProblemAnswer

F = TypeVar("F", bound=Callable[..., Any])
ErrorType = type[DomainError]

COMMON: tuple[ErrorType, ...] = (
    errors.ValidationFailedError,
    errors.AccessBlockedError,
    errors.MethodNotAllowedError,
    errors.NotAcceptableError,
    errors.RateLimitExceededError,
    errors.InternalError,
    errors.DatabaseUnavailableError,
    errors.ServiceUnavailableError,
    MaintenanceError,
)
WITH_BODY: tuple[ErrorType, ...] = (
    errors.PayloadTooLargeError,
    errors.UnsupportedMediaTypeError,
    errors.ConflictError,
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SUCCESSES = range(200, 300)
# Headers of answers; those of a refusal by its status.
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "Finds the call in log and audit; the client's own, if it sent a good one.",
        "required": True,
        "schema": {"type": "string", "minLength": 8, "maxLength": 64},
    },
    "ETag": {
        "description": "Version of what is answered.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "This is the first answer again; nothing was done now.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {"description": "The scheme.", "required": True, "schema": {"type": "string"}},
    "Allow": {"description": "Methods of the path.", "required": True, "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "required": True, "schema": {"type": "integer"}},
    **{
        f"X-RateLimit-{name}": {"description": what, "schema": {"type": kind}}
        for name, kind, what in (
            ("Limit", "integer", "How many calls the tightest limit that applies allows in a window."),
            ("Remaining", "integer", "How many are left."),
            ("Reset", "integer", "When the window ends, as a Unix second."),
            ("Window", "integer", "How long it is, in seconds."),
            ("Type", "string", "By what calls are counted: user, address, session or identifier."),
        )
    },
}
# Source: HTTP contract, sections 1.2 and 14.
SIGN_IN = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Of a session: POST /auth/login.",
    },
    "permanentToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sbdp_…",
        "description": "For programs: POST /auth/permanent-tokens. Its scopes say what it opens.",
    },
    "operatorToken": {
        "type": "http",
        "scheme": "basic",
        "description": "On operators' paths: a permanent token as the password, its owner as the user name.",
    },
}
KEY = {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]*$"}
IDEMPOTENCY_KEY = OpenApiParameter(
    replays.HEADER,
    KEY,
    OpenApiParameter.HEADER,
    description="Names one intent: sent again, it is not done again.",
)
CODE = OpenApiParameter(
    second_factor.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A code of the caller's second factor, where a fresh one is needed. It counts once.",
)
LIMIT_HEADERS = tuple(name for name in HEADERS if name.startswith("X-RateLimit-"))
BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    HTTPStatus.METHOD_NOT_ALLOWED: "Allow",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}


def operation(  # noqa: PLR0913  # what an operation is made of
    *,
    success: Mapping[int, Any] | Mapping[tuple[int, str], Any],
    request: Any = None,
    errors: Sequence[ErrorType] = (),
    parameters: Sequence[OpenApiParameter] = (),
    tags: Sequence[str] = (),
    etag: bool = False,
    links: Mapping[str, Link] | None = None,
) -> Callable[[F], F]:
    """Describe a view's method.

    Args:
        success: serializers of the answers by status, or by status and media type.
        request: serializer of the body, or serializers by media type; ``None``: it has none.
        errors: refusals beyond the common ones.
        parameters: query parameters and headers.
        tags: headings in the document; without them the first part of the path.
        etag: whether the answer carries one, and ``If-None-Match`` or ``If-Match`` are honoured.
        links: what can follow a success, by name; operations on a created thing are found by themselves.
    """

    def describe(method: F) -> F:
        method.operation_errors = tuple(errors)  # type: ignore[attr-defined]
        method.operation_etag = etag  # type: ignore[attr-defined]
        method.operation_links = {name: link.described() for name, link in (links or {}).items()}  # type: ignore[attr-defined]
        reads = method.__name__ == "get"
        condition = "If-None-Match" if reads else "If-Match"
        headers = [OpenApiParameter(condition, str, OpenApiParameter.HEADER)] if etag else []
        answers: dict[Any, Any] = dict(success)
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
    """Adds the refusals of each operation, grouped by status, in the one error shape; and the headers."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Name the ways in, any of which is enough; public views need no credentials."""
        if self._is_public():
            return []
        view: Any = self.view
        ways = ["accessToken"]
        if view.scope_of(self.method) is not None:
            ways.append("permanentToken")
        if view.permission_for(self.method) is not None:
            ways.append("operatorToken")
        return [{way: []} for way in ways]

    def get_operation_id(self) -> str:
        """Return the name that typed clients call it by."""
        return described.operation_id(self.method, self.path)

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, body in bodies.items():
            body["description"] = body["description"] or HTTPStatus(int(code)).phrase
            if int(code) in SUCCESSES and (links := self._said("operation_links", {})):
                body["links"] = dict(links)
        for status, refusals in sorted(self._refusals_by_status().items()):
            self._add_refusals(bodies, str(int(status)), refusals, direction)
        for code, body in bodies.items():
            body["headers"] = {
                name: {"$ref": f"#/components/headers/{name}"} for name in self._headers(int(code))
            }
        return bodies

    def _add_refusals(
        self, bodies: dict[str, Any], code: str, refusals: Sequence[ErrorType], direction: Any
    ) -> None:
        sentences = "; ".join(f"`{each.code}`: {each.meaning}" for each in refusals)
        answer = OpenApiResponse(ProblemAnswer, description=sentences)
        problem = self._get_response_for_code(  # type: ignore[no-untyped-call]  # drf-spectacular's
            answer, code, [CONTENT_TYPE], direction
        )
        if code in bodies:  # a health report is also an answer of its own
            bodies[code]["content"].update(problem["content"])
            bodies[code]["description"] += f"; {sentences}"
        else:
            bodies[code] = problem

    def _headers(self, code: int) -> list[str]:
        names = ["X-Request-ID", *LIMIT_HEADERS]
        if code in BY_STATUS:
            names.append(BY_STATUS[HTTPStatus(code)])
        if self._said("operation_etag", False) and (code in SUCCESSES or code == HTTPStatus.NOT_MODIFIED):  # noqa: FBT003
            names.append("ETag")
        if self._is_kept() and code in SUCCESSES:
            names.append(replays.REPLAYED)
        return names

    def _said(self, what: str, otherwise: Any) -> Any:
        """Return what ``operation`` noted at the method."""
        return getattr(getattr(self.view, self.method.lower()), what, otherwise)

    def get_override_parameters(self) -> list[Any]:
        """Every POST whose answer is kept takes a key; what may need a fresh second factor takes a code."""
        return [*([IDEMPOTENCY_KEY] if self._is_kept() else []), *([CODE] if self._asks_code() else [])]

    def _asks_code(self) -> bool:
        view: Any = self.view
        return self.method in view.asks_second_factor

    def _is_kept(self) -> bool:
        return self.method == "POST" and getattr(self.view, "kept_as", None) is not None

    def _is_public(self) -> bool:
        view: Any = self.view
        public: bool = view.is_public(self.method)
        return public

    def _refusals_by_status(self) -> dict[HTTPStatus, list[ErrorType]]:
        refusals = [*COMMON, *self._said("operation_errors", ())]
        if self.method not in SAFE_METHODS:
            refusals += WITH_BODY
        if self._is_kept():
            refusals.append(errors.IdempotencyKeyReusedError)
        view: Any = self.view
        is_for_staff = view.permission_for(self.method) is not None
        if is_for_staff:
            refusals += (errors.InsufficientPermissionsError, second_factor.TwoFactorSetupRequiredError)
        if is_for_staff or self._asks_code():
            refusals.append(second_factor.FreshTwoFactorRequiredError)
        if not self._is_public():
            needs_session = view.scope_of(self.method) is None
            refusals.append(scopes.SessionRequiredError if needs_session else scopes.InsufficientScopeError)
            refusals.append(errors.AuthenticationRequiredError)
            ways: list[Any] = self.view.get_authenticators()
            refusals += [each for way in ways for each in way.errors]
        grouped: dict[HTTPStatus, list[ErrorType]] = {}
        for refusal in dict.fromkeys(refusals):
            grouped.setdefault(refusal.status, []).append(refusal)
        return grouped


def finish(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Name the way to sign in, the headers and what follows what; drf-spectacular calls this last."""
    components = result.setdefault("components", {})
    components["securitySchemes"] = SIGN_IN
    components["headers"] = HEADERS
    described.link_created(result)
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
