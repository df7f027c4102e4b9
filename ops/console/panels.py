"""Panels: what one app knows about another's document, shown on that document's page."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ops.console.showing import Table

Panel = Callable[[Any], Table]

_FIRST: dict[str, list[tuple[str, Panel]]] = defaultdict(list)
_LAST: dict[str, list[tuple[str, Panel]]] = defaultdict(list)


def register(model: str, permission: str, panel: Panel, *, last: bool = False) -> None:
    """Add a panel to the pages of a model.

    Args:
        model: its label, for example ``identity.user``.
        permission: who may see the panel, for example ``families.view_family``.
        panel: returns the table for a document; one round trip, bounded.
        last: it stands after those of all apps that do not say so.
    """
    (_LAST if last else _FIRST)[model].append((permission, panel))


def of(model: str, user: Any) -> Sequence[Panel]:
    """Return the panels of a model that ``user`` may see."""
    registered = [*_FIRST[model], *_LAST[model]]
    return [panel for permission, panel in registered if user.has_perm(permission)]
