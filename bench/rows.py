"""The rows of the report: which path of ours stands against which of the floor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: as the report calls it.
        path: ours.
        floor_path: the floor's.
        goal: least ratio to reach.
    """

    name: str
    path: str
    floor_path: str
    goal: float


ROWS = (Row("my-families", "/family/my-families", "/my-families", 0.8),)
