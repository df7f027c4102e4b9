"""Refusals of sign-in."""

from http import HTTPStatus

from ops.errors import DomainError
from ops.second_factor import METHODS


class InvalidTokenError(DomainError):
    """A token that is not, or no longer, taken."""

    code = "INVALID_TOKEN"
    status = HTTPStatus.UNAUTHORIZED
    meaning = (
        "The token is not taken; details names the reason: signature, expired, revoked, malformed, reused, "
        "address."
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
    """Wrong name, password or code; never which."""

    code = "INVALID_CREDENTIALS"
    status = HTTPStatus.UNAUTHORIZED
    meaning = "Wrong name or password, or wrong code; never which."

    def __init__(self) -> None:
        """Say the same for all."""
        super().__init__(
            "Name, password or code is wrong.",
            headers={"WWW-Authenticate": "Bearer"},
        )


class AccountDisabledError(DomainError):
    """The user is disabled; told only after the right password."""

    code = "ACCOUNT_DISABLED"
    status = HTTPStatus.FORBIDDEN
    meaning = (
        "The user is disabled; or, where details has the reason new_password_required, has to choose a new "
        "password: POST /auth/forgot-password mails the link."
    )

    def __init__(self) -> None:
        """Say it plainly."""
        super().__init__("This user has been disabled.")


class NewPasswordRequiredError(AccountDisabledError):
    """The password is right, and opens nothing any more: another has to be chosen. ADR 0015."""

    def __init__(self) -> None:
        """Say how to go on."""
        DomainError.__init__(
            self,
            "You have to choose a new password. A link was mailed to you; you get another by "
            "POST /auth/forgot-password, or by “Forgot your password?” on the page.",
            details={"reason": "new_password_required"},
        )


class InvalidOrExpiredTokenError(DomainError):
    """A mailed token that is not, or no longer, taken; never why."""

    code = "INVALID_OR_EXPIRED_TOKEN"
    meaning = "The mailed token is unknown, used, replaced or expired; never which."

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("This link is not good (any more); ask for a new one.")


class TwoFactorRequiredError(DomainError):
    """The password is right; a code of the second factor is missing."""

    code = "TWO_FACTOR_REQUIRED"
    status = HTTPStatus.UNAUTHORIZED
    meaning = (
        "The password is right, the code is missing: send it with the challenge_token of details to "
        "POST /auth/login/2fa, within expires_in seconds, from the same address."
    )

    def __init__(self, *, challenge_token: str, expires_in: int) -> None:
        """Say how to go on."""
        super().__init__(
            "A code of your second factor is needed.",
            details={
                "challenge_token": challenge_token,
                "methods": list(METHODS),
                "expires_in": expires_in,
            },
            headers={"WWW-Authenticate": "Bearer", "X-2FA-Required": "true"},
        )
        self.challenge_token = challenge_token


class TwoFactorStateError(DomainError):
    """The second factor is not in the state that this needs."""

    code = "TWO_FACTOR_STATE"
    meaning = "The second factor is on already, or is not on, or its set-up has expired; details has reason."

    def __init__(self, reason: str, message: str) -> None:
        """Say how it is: ``already_on``, ``not_on``, ``not_pending``."""
        super().__init__(message, details={"reason": reason})
