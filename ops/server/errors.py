"""What goes wrong outside the application."""

from ops.errors import FieldFault, PayloadTooLargeError, ValidationFailedError

# A body that was not read to its end would be taken for the next request on the same connection.
CLOSE = {"Connection": "close"}


class ClientGoneError(Exception):
    """The connection is cut: there is nobody to answer."""


class FailedError(Exception):
    """The application raised; the log has it, under this request id if there was one."""

    def __init__(self, request_id: str | None) -> None:
        """Keep the id for the answer."""
        super().__init__(request_id)
        self.request_id = request_id


class SlowBodyError(ValidationFailedError):
    """The body did not arrive in time. The contract knows no 408, so this is a 400 that hangs up."""

    def __init__(self) -> None:
        """Name the body as the fault."""
        super().__init__([FieldFault("body", "invalid_format", "The body was not sent in time.")])
        self.headers.update(CLOSE)


class BadLengthError(ValidationFailedError):
    """Where the body ends cannot be told, so neither where the next request begins."""

    def __init__(self) -> None:
        """Name the header as the fault."""
        super().__init__([FieldFault("body", "invalid_format", "Its Content-Length is not one number.")])
        self.headers.update(CLOSE)


class UnreadBodyError(PayloadTooLargeError):
    """The body is too large to be read."""

    def __init__(self, *, limit: int) -> None:
        """Name the limit, in bytes."""
        super().__init__(limit=limit)
        self.headers.update(CLOSE)
