"""What is refused about incidents."""

from collections.abc import Sequence

from ops.errors import ConflictError


class NotGreenError(ConflictError):
    """It may not be called resolved: it is not over, or not for long enough."""

    def __init__(self, obstacles: Sequence[str]) -> None:
        """Take what stands against it, a sentence each."""
        super().__init__(f"It is not over yet. {' '.join(obstacles)}")
        self.obstacles = tuple(obstacles)
        self.details = {"obstacles": list(obstacles)}


class WrongStateError(ConflictError):
    """The incident is not such that this can be done about it."""
