"""Ids as people read them: a name, and a link to the page of what they name.

Each app registers its kinds of ids. A page collects the ids it shows and resolves them together, so that
a list costs one look-up a kind, however many rows it has.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from ops.console.showing import NOTHING

Names = Mapping[str, str]
# More ids than one page shows; a larger set is cut, its rest stays bare ids.
MOST_IDS = 2000


@dataclass(frozen=True)
class Kind:
    """A kind of id.

    Args:
        prefix: what such ids begin with, for example ``fam_``.
        model: label of its pages, for example ``families.family``.
        names: returns the names of those ids that exist, in one round trip.
        takes_others: ids of no known prefix may be of this kind.
    """

    prefix: str
    model: str
    names: Callable[[set[str]], Names]
    takes_others: bool = False


_KINDS: MutableMapping[str, Kind] = {}
# Whether who looks may see the pages of a model. Outside of a page of the console nobody clicks.
_may_see: ContextVar[Callable[[str], bool]] = ContextVar("may_see", default=lambda _model: True)


def register(kind: Kind) -> None:
    """Make a kind of id known."""
    _KINDS[kind.prefix] = kind


@contextmanager
def as_seen_by(may: Callable[[str], bool]) -> Iterator[None]:
    """Let nothing lead where who looks may not go; ``may``: whether they have a permission."""

    def may_see(model: str) -> bool:
        app, _, name = model.partition(".")
        return may(f"{app}.view_{name}")

    before = _may_see.set(may_see)
    try:
        yield
    finally:
        _may_see.reset(before)


def named(ids: Iterable[str | None]) -> dict[str, tuple[Kind, str]]:
    """Return kind and name of each id that names something."""
    wanted = sorted({each for each in ids if each})[:MOST_IDS]
    found: dict[str, tuple[Kind, str]] = {}
    for kind in _KINDS.values():
        mine = {each for each in wanted if _is_of(kind, each)}
        names = kind.names(mine) if mine else {}
        found |= {each: (kind, name) for each, name in names.items()}
    return found


def resolve(ids: Iterable[str | None]) -> dict[str, str]:
    """Return a link for each id that names something: its name, leading to its page."""
    return {each: link(kind.model, each, name) for each, (kind, name) in named(ids).items()}


def prefixes_of(model: str) -> tuple[str, ...]:
    """Return what ids of a model's documents begin with; empty: with anything."""
    return tuple(prefix for prefix, kind in _KINDS.items() if kind.model == model)


def is_known(value: object) -> bool:
    """Tell whether a value looks like an id of a registered kind."""
    return isinstance(value, str) and any(value.startswith(prefix) for prefix in _KINDS)


def link(model: str, identifier: str, name: str) -> str:
    """Return a link to the page of a document, or the bare name to who may not see it."""
    if not _may_see.get()(model):
        return format_html('<span title="{}">{}</span>', identifier, name)
    return format_html('<a href="{}" title="{}">{}</a>', page_of(model, identifier), identifier, name)


def links(many: Iterable[str]) -> str:
    """Return several links, or a dash for none."""
    return format_html_join(", ", "{}", ((each,) for each in many)) or NOTHING


def page_of(model: str, identifier: str) -> str:
    """Return the address of a document's page."""
    return reverse(f"admin:{model.replace('.', '_')}_change", args=(quote(identifier),))


def address_of(identifier: str) -> str | None:
    """Return the address of the page that an id leads to; ``None``: it names nothing. One look."""
    found = named([identifier]).get(identifier)
    return page_of(found[0].model, identifier) if found else None


def to_request(identifier: str | None) -> str:
    """Return a link to what a request did, or a dash for none."""
    if not identifier:
        return NOTHING
    return format_html('<a href="{}">{}</a>', reverse("admin:find", query={"q": identifier}), identifier)


def list_of(model: str, **filters: str) -> str:
    """Return the address of a list with filters set; empty to who may not see it."""
    if not _may_see.get()(model):
        return ""
    return reverse(f"admin:{model.replace('.', '_')}_changelist", query=filters)


def shown(document: Any, identifier: str | None) -> str:
    """Return an id of a document as its page resolved it, or the bare id."""
    if not identifier:
        return NOTHING
    resolved: Mapping[str, str] = getattr(document, "console_links", {})
    return resolved.get(identifier, identifier)


def _is_of(kind: Kind, identifier: str) -> bool:
    return identifier.startswith(kind.prefix) or (kind.takes_others and not is_known(identifier))
