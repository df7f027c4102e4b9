"""What the system can see by itself of a box: that the ledger was checked, for example.

Operations know no app: whoever knows more enters a source when it is ready.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias


class Proof(NamedTuple):
    """That something was done.

    Attributes:
        text: what, in a sentence; ids, numbers and times.
        link: what it can be looked up by: an id, an address of a page, or a path; ``None``: nothing.
    """

    text: str
    link: str | None = None


# Is given when the incident was opened; returns what was seen since then, ``None``: nothing.
Source: TypeAlias = Callable[[datetime], Proof | None]
_sources: dict[str, list[Source]] = {}


def register(box_id: str, source: Source) -> None:
    """Enter a source; a box with several is ticked once each of them has seen something."""
    _sources.setdefault(box_id, []).append(source)


def boxes() -> Sequence[str]:
    """Return the boxes that have a source."""
    return list(_sources)


def proof(box_id: str, since: datetime) -> Proof | None:
    """Return what all sources of a box have seen since then; ``None``: one of them has seen nothing."""
    found = [source(since) for source in _sources[box_id]]
    seen = [each for each in found if each is not None]
    if len(seen) < len(found):
        return None
    return Proof(" ".join(each.text for each in seen), next((each.link for each in seen if each.link), None))
