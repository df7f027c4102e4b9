"""What there is to see as a person: reads of the API; each app enters its own."""

from collections.abc import MutableMapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """A page about one read.

    Attributes:
        name: of the page, in its address.
        label: of the page, in words.
        path: of the API; ``{id}`` where it is about one of several.
        leads: field of its rows, and the name of the page that the value opens; empty: none.
        of_one: pages that are about the same ``{id}``.
    """

    name: str
    label: str
    path: str
    leads: tuple[str, str] | None = None
    of_one: tuple[str, ...] = ()

    @property
    def asks_id(self) -> bool:
        """Whether it is about one of several."""
        return "{id}" in self.path


OFFERS: MutableMapping[str, Offer] = {}


def register(*offers: Offer) -> None:
    """Add reads."""
    OFFERS.update({each.name: each for each in offers})


def named(name: str) -> Offer | None:
    """Return the read of a page; ``None``: there is none."""
    return OFFERS.get(name)


def every() -> list[Offer]:
    """Return all that ask for no id."""
    return [each for each in OFFERS.values() if not each.asks_id]
