"""Places: pages of the console that are about no document, linked from the top of every page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from ops.actors import ANY_STAFF

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Place:
    """A page, and those below it.

    Attributes:
        name: its path below ``/admin/``, and ``admin:<name>`` of its route.
        label: of the link to it.
        permission: who may see it and all below it, for example ``ops.view_health``; or ``ANY_STAFF``.
        view: shows it.
        below: path, view and name of the pages below it.
        is_linked: whether the top of every page leads to it.
    """

    name: str
    label: str
    permission: str
    view: View
    below: Sequence[tuple[str, View, str]] = ()
    is_linked: bool = True

    @property
    def route(self) -> str:
        """The name of its route."""
        return f"admin:{self.name}"


_PLACES: list[Place] = []


def register(place: Place) -> None:
    """Add a place."""
    _PLACES.append(place)


def is_open_to(user: Any, permission: str) -> bool:
    """Tell whether a member of staff may see what asks for a permission, or for ``ANY_STAFF``."""
    return permission == ANY_STAFF or bool(user.has_perm(permission))


def seen_by(user: Any) -> list[Place]:
    """Return the places that ``user`` may see, of those that are linked."""
    return [place for place in _PLACES if place.is_linked and is_open_to(user, place.permission)]


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
