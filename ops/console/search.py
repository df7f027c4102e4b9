"""The box on every page: what is typed leads to the one thing it names, or to what is like it.

Looked for, each by an index and each at most ``MOST_ALIKE`` documents: ids that have a page, then ids, names
and addresses in every collection whose documents can be called so, then beginnings of names and what concerns
an address, then the request of this id. A role finds only what it may see.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst

from ops.addresses import parsed
from ops.console import jumps, panels, references
from ops.console.showing import NOTHING, Table

if TYPE_CHECKING:
    from ops.console.pages import ConsoleAdmin

MOST_ALIKE = 10  # of each collection on the page of what was found
# A request is not a document: its panels are entered under this name, and are given its id.
REQUEST = "request"
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


@dataclass(frozen=True)
class Found:
    """What is typed leads to ``address``, if it names one thing; else these are like it.

    Attributes:
        address: of the page to go to; empty: none.
        tables: what is alike, by kind, or what there is of a request.
        is_request: the tables are of the request of this id.
    """

    address: str = ""
    tables: Sequence[Table] = ()
    is_request: bool = False


def look(pages: Iterable["ConsoleAdmin[Any]"], user: Any, term: str) -> Found:
    """Find what somebody typed.

    Args:
        pages: those that they may see, in the order of the menu.
        user: who looks.
        term: as ``finding.cleaned`` returns it; not empty.
    """
    if address := jumps.of(term, user):
        return Found(address)
    seen = list(pages)
    named = [
        (page, each) for page in seen if page.may_be_called(term) for each in page.named(term)[:MOST_ALIKE]
    ]
    if len(named) == 1:
        return Found(_page_of(*named[0]))
    alike = [(page, _found(page, term, [each for of, each in named if of is page])) for page in seen]
    alike = [(page, found) for page, found in alike if found]
    if not named and (parts := _parts_of_request(user, term)):
        return Found(tables=[*parts, *_tables(alike)], is_request=True)
    meant = [(page, each) for page, found in alike for each in found if page.is_meant(each, term)]
    if len(meant) == 1 and not named:
        return Found(_page_of(*meant[0]))
    return Found(tables=_tables(alike))


def as_address(term: str) -> str | None:
    """Return the address or the network that was typed, as such are stored; ``None``: it is neither."""
    if (found := parsed(term)) is not None:
        return str(found)
    try:
        return str(ipaddress.ip_network(term, strict=False))
    except ValueError:
        return None


def _found(page: "ConsoleAdmin[Any]", term: str, exact: Sequence[Any]) -> list[Any]:
    others = [each for each in page.alike(term)[:MOST_ALIKE] if each not in exact]
    return [*exact, *others][:MOST_ALIKE]


def _tables(alike: Iterable[tuple["ConsoleAdmin[Any]", Sequence[Any]]]) -> list[Table]:
    return [
        Table(
            capfirst(str(page.opts.verbose_name_plural)),
            ("name", "id", "which"),
            [(page.linked(each), each.pk, page.described(each) or NOTHING) for each in found],
        )
        for page, found in alike
    ]


def _parts_of_request(user: Any, term: str) -> list[Table]:
    if not _REQUEST_ID.match(term):
        return []
    parts = [panel(term) for panel in panels.of(REQUEST, user)]
    return [each for each in parts if each.rows]


def _page_of(page: "ConsoleAdmin[Any]", document: Any) -> str:
    return references.page_of(page.opts.label_lower, str(document.pk))
