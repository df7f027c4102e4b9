"""Where what was counted is listed: a page of the console, with the filter that leaves just that."""

from collections.abc import Mapping
from typing import NamedTuple

from django.urls import reverse


class Where(NamedTuple):
    """A page; ``route``: its name below ``admin``; ``query``: its filter."""

    route: str
    query: Mapping[str, str]

    @property
    def address(self) -> str:
        """The page's address."""
        return reverse(f"admin:{self.route}", query=dict(self.query))


def list_of(model: str, **query: str) -> Where:
    """Return the list of a model, for example ``families.family``, with filters set."""
    return Where(f"{model.replace('.', '_')}_changelist", query)


def page(name: str, **query: str) -> Where:
    """Return a place of the console, for example ``health``."""
    return Where(name, query)
