"""Refusals of sign-in."""

from http import HTTPStatus

from ops.errors import DomainError


class InvalidTokenError(DomainError):
    """A token that is not, or no longer, taken."""

    code = "INVALID_TOKEN"
    status = HTTPStatus.UNAUTHORIZED
    meaning = (
        "The token is not taken; details names the reason: signature, expired, revoked, malformed, reused."
    )

    def __init__(self, reason: str) -> None:
        """Say why; RFC 6750 section 3.1 names the header's form."""
        super().__init__(
            "This token is not good (any more).",
            details={"reason": reason},
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
        self.reason = reason


class InvalidCredentialsError(DomainError):
    """Wrong name or wrong password; never which."""

    code = "INVALID_CREDENTIALS"
    status = HTTPStatus.UNAUTHORIZED
    meaning = "Wrong name or password; never which."

    def __init__(self) -> None:
        """Say the same for both."""
        super().__init__(
            "Name or password is wrong.",
            headers={"WWW-Authenticate": "Bearer"},
        )


class AccountDisabledError(DomainError):
    """The user is disabled; told only after the right password."""

    code = "ACCOUNT_DISABLED"
    status = HTTPStatus.FORBIDDEN
    meaning = "The user is disabled."

    def __init__(self) -> None:
        """Say it plainly."""
        super().__init__("This user has been disabled.")


class InvalidOrExpiredTokenError(DomainError):
    """A mailed token that is not, or no longer, taken; never why."""

    code = "INVALID_OR_EXPIRED_TOKEN"
    meaning = "The mailed token is unknown, used, replaced or expired; never which."

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("This link is not good (any more); ask for a new one.")
