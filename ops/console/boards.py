"""Boards: tables of no document, shown on the console's first page."""

from collections.abc import Callable
from typing import Any

from ops.console.showing import Table

Board = Callable[[], Table]
_BOARDS: list[tuple[str, Board]] = []


def register(permission: str, board: Board) -> None:
    """Add a board.

    Args:
        permission: who may see it, for example ``ops.view_health``.
        board: returns the table; one round trip, bounded.
    """
    _BOARDS.append((permission, board))


def seen_by(user: Any) -> list[Table]:
    """Return the boards that ``user`` may see."""
    return [board() for permission, board in _BOARDS if user.has_perm(permission)]
