"""Something that was changed, as doctor tells it."""

from datetime import datetime
from typing import NamedTuple


class Change(NamedTuple):
    """One thing that was changed; ``who``: ``None``, nobody knows."""

    at: datetime
    what: str
    who: str | None = None
