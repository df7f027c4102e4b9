"""Refusals: what a caller is told, and the one register of every code there is.

Source: HTTP contract, section 2.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar, NamedTuple, TypeAlias

Details: TypeAlias = Mapping[str, object] | Sequence[Mapping[str, object]]


class Fault(NamedTuple):
    """Why a value cannot be taken: field code of the contract, sentence."""

    code: str
    message: str


class FieldFault(NamedTuple):
    """One faulty field of a request: dotted path, field code, sentence."""

    field: str
    code: str
    message: str


class DomainError(Exception):
    """A refusal with a stable code; ``ops.web.problems`` alone turns it into an answer.

    A subclass with a ``code`` of its own enters ``CATALOGUE``, which the page of all errors prints.
    """

    code: ClassVar[str] = ""
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    meaning: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        """Enter the class in the catalogue; two classes may not share a code."""
        super().__init_subclass__()
        if not cls.code or cls.__dict__.get("code") is None:
            return
        if CATALOGUE.setdefault(cls.code, cls) is not cls:
            msg = f"error code {cls.code} is taken by {CATALOGUE[cls.code].__name__}"
            raise TypeError(msg)

    def __init__(
        self,
        message: str,
        *,
        details: Details | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Remember sentence, facts, seconds to wait and headers of the answer."""
        super().__init__(message)
        self.message = message
        self.details: Details = {} if details is None else details
        self.retry_after = retry_after
        self.headers = dict(headers or {})


CATALOGUE: dict[str, type[DomainError]] = {}


class ValidationFailedError(DomainError):
    """Body, path or query breaks the schema."""

    code = "VALIDATION_ERROR"
    meaning = "Body, path or query breaks the schema; details lists every faulty field."

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        """Take all faulty fields at once."""
        super().__init__(
            "Some of what was sent is not as it must be.",
            details=[fault._asdict() for fault in faults],
        )


class AuthenticationRequiredError(DomainError):
    """No credentials came with the call."""

    code = "AUTHENTICATION_REQUIRED"
    status = HTTPStatus.UNAUTHORIZED
    meaning = "No credentials came with the call."

    def __init__(self, *, hint: str | None = None) -> None:
        """Name the scheme, as RFC 9110 section 11.6.1 asks of every 401.

        ``hint``: the command that does it on the machine without a sign-in.
        """
        super().__init__(
            "Sign in first.",
            details={"hint": hint} if hint else {},
            headers={"WWW-Authenticate": "Bearer"},
        )


class InsufficientPermissionsError(DomainError):
    """The caller may see the object, but lacks the right."""

    code = "INSUFFICIENT_PERMISSIONS"
    status = HTTPStatus.FORBIDDEN
    meaning = "The caller lacks the right that details names."

    def __init__(self, *, required: str) -> None:
        """Name the right that is missing."""
        super().__init__("You do not have the right to do this.", details={"required": required})


class AccessBlockedError(DomainError):
    """A rule of access keeps the caller out: by address, network, user or e-mail address."""

    code = "ACCESS_BLOCKED"
    status = HTTPStatus.FORBIDDEN
    meaning = "The address, or the user, is blocked."

    def __init__(self) -> None:
        """Say nothing of the rule."""
        super().__init__("You cannot use this service from here, or with this account.")


class EmailNotConfirmedError(DomainError):
    """What the caller wants needs a confirmed address, and theirs is not."""

    code = "EMAIL_NOT_CONFIRMED"
    status = HTTPStatus.FORBIDDEN
    meaning = "This needs a confirmed e-mail address, and the caller's is not."

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Confirm your e-mail address first, by the link that was mailed to you.")


class NotFoundError(DomainError):
    """Unknown path, or an object without a code of its own."""

    code = "NOT_FOUND"
    status = HTTPStatus.NOT_FOUND
    meaning = "Unknown path, or an object without a code of its own."

    def __init__(self) -> None:
        """Say nothing about what might be there."""
        super().__init__("There is nothing here.")


class MethodNotAllowedError(DomainError):
    """The path knows other methods."""

    code = "METHOD_NOT_ALLOWED"
    status = HTTPStatus.METHOD_NOT_ALLOWED
    meaning = "The path does not know this method; the header Allow lists those it knows."

    def __init__(self, allowed: Sequence[str]) -> None:
        """Name the methods that the path knows."""
        super().__init__(
            "This path does not know that method.",
            details={"allowed": list(allowed)},
            headers={"Allow": ", ".join(allowed)},
        )


class NotAcceptableError(DomainError):
    """The caller accepts none of the representations there are."""

    code = "NOT_ACCEPTABLE"
    status = HTTPStatus.NOT_ACCEPTABLE
    meaning = "The caller accepts none of the representations there are."

    def __init__(self, available: Sequence[str] = ("application/json",)) -> None:
        """Name the representations that there are."""
        super().__init__("This is not to be had in that form.", details={"available": list(available)})


class ConflictError(DomainError):
    """A concurrent change won; nothing was written."""

    code = "CONFLICT"
    status = HTTPStatus.CONFLICT
    meaning = "A concurrent change won; repeat as retry_after says."

    def __init__(
        self, message: str = "Somebody was quicker; please repeat.", *, retry_after: int = 1
    ) -> None:
        """Say after how many seconds to repeat."""
        super().__init__(message, retry_after=retry_after)


class IdempotencyKeyReusedError(DomainError):
    """The idempotency key stands for another intent of the same caller."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = HTTPStatus.CONFLICT
    meaning = "The Idempotency-Key was used with another path or body; send a new one."

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("This key was used for something else; send a new one.")


class PreconditionFailedError(DomainError):
    """``If-Match`` names a version that is no longer the current one."""

    code = "PRECONDITION_FAILED"
    status = HTTPStatus.PRECONDITION_FAILED
    meaning = "If-Match is stale; nothing was written."

    def __init__(self, *, current_etag: str) -> None:
        """Name the current version."""
        super().__init__("It was changed meanwhile.", details={"current_etag": current_etag})


class PayloadTooLargeError(DomainError):
    """The body is larger than any body may be."""

    code = "PAYLOAD_TOO_LARGE"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    meaning = "The body is larger than allowed."

    def __init__(self, *, limit: int) -> None:
        """Name the limit, in bytes."""
        super().__init__(f"A body may have at most {limit} bytes.", details={"limit": limit})


class UnsupportedMediaTypeError(DomainError):
    """The body is of a type that the operation does not take."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    meaning = "The body's content type is not taken here."

    def __init__(self, supported: Sequence[str] = ("application/json",)) -> None:
        """Name the types that are taken."""
        super().__init__("This content type is not taken here.", details={"supported": list(supported)})


class RateLimitExceededError(DomainError):
    """The caller has done this as often as they may for now."""

    code = "RATE_LIMIT_EXCEEDED"
    status = HTTPStatus.TOO_MANY_REQUESTS
    meaning = "Too many calls for now; details names operation, limit, window and scope. Wait retry_after."

    def __init__(  # noqa: PLR0913  # a limit has as many parts
        self, *, operation: str, limit: int, window: int, scope: str, ends_at: int, retry_after: int
    ) -> None:
        """Name the limit; ``window`` and ``retry_after`` in seconds, ``ends_at`` as a Unix second."""
        super().__init__(
            "That was too often; please wait.",
            details={"operation": operation, "limit": limit, "window": window, "scope": scope},
            retry_after=retry_after,
            headers={
                "X-RateLimit-Limit": str(limit),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(ends_at),
                "X-RateLimit-Window": str(window),
                "X-RateLimit-Type": scope,
            },
        )


class InternalError(DomainError):
    """A defect of ours."""

    code = "INTERNAL_ERROR"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    meaning = "A defect of ours."

    def __init__(self) -> None:
        """Say nothing of the cause: it is in the log, under the request id."""
        super().__init__("Something went wrong on our side.")


class DatabaseUnavailableError(DomainError):
    """No writable primary within the request's time; nothing was written."""

    code = "DATABASE_UNAVAILABLE"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    meaning = "The database cannot be written right now. Nothing was written, or the same key replays it."

    def __init__(self, *, retry_after: int = 2) -> None:
        """Say after how many seconds to repeat."""
        super().__init__("The database cannot be reached right now.", retry_after=retry_after)


class ServiceUnavailableError(DomainError):
    """The server has more to do than it can, or a needed part is off."""

    code = "SERVICE_UNAVAILABLE"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    meaning = "Too much to do, or a needed part is off."

    def __init__(self, message: str = "There is too much to do right now.", *, retry_after: int = 1) -> None:
        """Say after how many seconds to repeat."""
        super().__init__(message, retry_after=retry_after)
