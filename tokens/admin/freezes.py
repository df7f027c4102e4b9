"""A freeze in words: who froze an account, when and why, with links to them."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html

from ops.console.showing import NOTHING, when


def froze_it(freeze: Mapping[str, Any] | None) -> str | None:
    """Return the id of who froze an account; ``None``: it is not frozen."""
    return None if not freeze else freeze.get("by")


def in_words(freeze: Mapping[str, Any] | None, links: Mapping[str, str]) -> str:
    """Return a freeze in words.

    Args:
        freeze: as the account has it.
        links: a link for each id that names something.
    """
    if not freeze:
        return NOTHING
    by = froze_it(freeze)
    who = (links.get(by) if by else None) or freeze.get("by_name") or by or "somebody"
    told = format_html("by {}{}", who, " of the staff" if freeze.get("by_staff") else "")
    since = format_html("{} since {}", told, when(freeze.get("at")))
    return format_html("{}: {}", since, freeze["reason"]) if freeze.get("reason") else since
