"""Jumps: where ids lead whose documents have no page among the lists; entered by who knows them."""

from collections.abc import Callable, MutableMapping
from typing import Any

from ops.console import places

Jump = Callable[[str], str | None]
_JUMPS: MutableMapping[str, tuple[str, Jump]] = {}


def register(prefix: str, permission: str, jump: Jump) -> None:
    """Enter the way from a kind of ids.

    Args:
        prefix: what such ids begin with, for example ``inc_``.
        permission: who may see where it leads, for example ``ops.view_incident``; or ``ANY_STAFF``.
        jump: returns the address of the page that an id means, or ``None``; one look by ``_id``.
    """
    _JUMPS[prefix] = (permission, jump)


def of(identifier: str, user: Any) -> str | None:
    """Return where an id leads ``user``; ``None``: it is of no such kind, not there, or not theirs to see."""
    if "/" in identifier:  # no id has one, and no address could be made of it
        return None
    for prefix, (permission, jump) in _JUMPS.items():
        if identifier.startswith(prefix) and places.is_open_to(user, permission):
            return jump(identifier)
    return None
