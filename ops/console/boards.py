"""Boards: tables of no document, shown on the console's first page."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest

from ops.console.showing import Table

Board = Callable[[], Table]
First = Callable[[HttpRequest], Mapping[str, Any]]
# Of what each member of staff sees another part; ``None``: nothing to show now.
OwnBoard = Callable[[Any], Table | None]
_BOARDS: list[tuple[str, Board]] = []
_OWN: list[OwnBoard] = []
_FIRST: list[First] = []


def register(permission: str, board: Board) -> None:
    """Add a board.

    Args:
        permission: who may see it, for example ``ops.view_health``.
        board: returns the table; one round trip, bounded.
    """
    _BOARDS.append((permission, board))


def register_first(first: First) -> None:
    """Add what stands before all boards.

    Args:
        first: returns what the page's template needs for it, of what the user may see.
    """
    _FIRST.append(first)


def first_of_all(request: HttpRequest) -> Mapping[str, Any]:
    """Return what the page's template needs for what stands before all boards."""
    return {name: value for first in _FIRST for name, value in first(request).items()}


def register_own(board: OwnBoard) -> None:
    """Add a board that decides by itself what a user sees of it; one round trip, bounded."""
    _OWN.append(board)


def seen_by(user: Any) -> list[Table]:
    """Return the boards that ``user`` may see."""
    own = [table for board in _OWN if (table := board(user)) is not None]
    return own + [board() for permission, board in _BOARDS if user.has_perm(permission)]
