"""What callers are told."""

from http import HTTPStatus

from ops.errors import DomainError


class MaintenanceError(DomainError):
    """The system stands still for maintenance; nothing was written."""

    code = "MAINTENANCE"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    meaning = "Maintenance: nothing is served until it is over. Nothing was written."

    def __init__(self, *, retry_after: int = 60) -> None:
        """Say after how many seconds to look again."""
        super().__init__(
            "The system is being maintained. It will be back in a while.", retry_after=retry_after
        )
