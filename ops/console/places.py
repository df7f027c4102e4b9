"""Places: pages of the console that are about no document, linked from the top of every page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, include, path

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Place:
    """A page, and those below it.

    Attributes:
        name: its path below ``/admin/``, and ``admin:<name>`` of its route.
        label: of the link to it.
        permission: who may see it and all below it, for example ``ops.view_health``.
        view: shows it.
        below: path, view and name of the pages below it.
    """

    name: str
    label: str
    permission: str
    view: View
    below: Sequence[tuple[str, View, str]] = ()

    @property
    def route(self) -> str:
        """The name of its route."""
        return f"admin:{self.name}"


_PLACES: list[Place] = []


def register(place: Place) -> None:
    """Add a place."""
    _PLACES.append(place)


def seen_by(user: Any) -> list[Place]:
    """Return the places that ``user`` may see."""
    return [place for place in _PLACES if user.has_perm(place.permission)]


def routes(guarded: Callable[[str, View], View]) -> list[URLPattern | URLResolver]:
    """Return the routes of all places.

    Args:
        guarded: returns a view that only those see who have a permission.
    """
    found: list[URLPattern | URLResolver] = []
    for place in _PLACES:
        below = [path(each, guarded(place.permission, view), name=name) for each, view, name in place.below]
        found += [
            path(f"{place.name}/", guarded(place.permission, place.view), name=place.name),
            path(f"{place.name}/", include(below)),
        ]
    return found
