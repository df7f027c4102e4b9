"""What callers are told."""

from ops.errors import ServiceUnavailableError

RETRY_AFTER_SECONDS = 300


class ReadOnlyError(ServiceUnavailableError):
    """Users change nothing for the moment; nothing was written."""

    def __init__(self) -> None:
        """Say that reading goes on, and when to look again."""
        super().__init__(
            "Changes are closed for the moment. Reading goes on.", retry_after=RETRY_AFTER_SECONDS
        )
