"""What a bundle is made of: parts, and the pieces that each is put together from."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ops.bundle.scene import Scene

HOUR = timedelta(hours=1)
SECONDS, LOG_SECONDS = 10.0, 30.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that is read from one source.

    Attributes:
        heading: what it is, for people.
        source: where it comes from, for people.
        read: returns its text. May raise, may hang: neither hurts the other pieces.
        seconds: how long anybody waits for it.
        suffix: of a file of its own, for example ``.svg``; empty: it stands in the part's text.
    """

    heading: str
    source: str
    read: Callable[[Scene], str]
    seconds: float = SECONDS
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one escalation must carry.

    Attributes:
        number: of the runbook's inventory, as in ``E01``.
        section: of the runbook.
        title: what it is.
        pieces: what it is put together from.
        span: how far back it looks, unless somebody says otherwise.
    """

    number: int
    section: int
    title: str
    pieces: tuple[Piece, ...]
    span: timedelta = HOUR

    @property
    def name(self) -> str:
        """The name of its file, without an ending: ``E01-application-logs``."""
        return f"E{self.number:02}-{re.sub(r'[^a-z0-9]+', '-', self.title.lower())}"
