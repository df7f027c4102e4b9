"""The pages of the console that are measured: addresses of each kind, found in the console itself."""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any, NamedTuple

from django.contrib.admin import site
from django.contrib.admin.utils import quote
from django.urls import reverse

from ops.console import places
from ops.mongo.collections import collection

# So many documents of a collection are looked at in turn, so that not all is read from memory.
SAMPLE = 10
FAR = 200
# A link of a filter beside a list; what narrows by one document's id comes by links from elsewhere.
FILTER = re.compile(r'<a href="(\?[^"]+)"')
STATEMENT = "statement"


class Kind(NamedTuple):
    """Pages of one kind: its name, and the addresses that are opened in turn."""

    name: str
    addresses: Sequence[str]


def kinds(actor: Any, read: Any) -> Iterator[Kind]:
    """Yield all kinds of pages.

    Args:
        actor: the member of staff who looks, as Django knows them.
        read: returns the HTML of an address.
    """
    yield Kind("front page", ["/admin/"])
    yield from _finding()
    for place in places.seen_by(actor):
        yield Kind(f"place: {place.label}", [reverse(place.route)])
    for model in sorted(site._registry, key=lambda each: each._meta.label):  # noqa: SLF001  # Django's names
        yield from _of_model(model, read)


def _finding() -> Iterator[Kind]:
    """Yield what is typed into the box on every page: identified, the beginning of a name, nothing at all."""
    users = _sample("users", {"username": 1, "email": 1})
    families = _sample("families", {})
    yield Kind("find: an id", [_found(each["_id"]) for each in families])
    yield Kind("find: an address", [_found(each["email"]) for each in users])
    yield Kind("find: the beginning of names", [_found(each["username"][:4]) for each in users])
    yield Kind("find: nothing", [_found("nobody-of-this-name"), _found("req_0123456789abcdef0123456789abcd")])


def _of_model(model: Any, read: Any) -> Iterator[Kind]:
    name = str(model._meta.verbose_name_plural)  # noqa: SLF001  # Django's name
    label = f"{model._meta.app_label}_{model._meta.model_name}"  # noqa: SLF001  # as above
    address = reverse(f"admin:{label}_changelist")
    yield Kind(f"list: {name}", [address])
    documents = _sample(model._meta.db_table, {})  # noqa: SLF001  # as above
    if not documents:
        return
    yield Kind(f"list: {name}, page {FAR}", [f"{address}?p={FAR}"])
    filters = dict.fromkeys(unescape(each) for each in FILTER.findall(read(address)))
    for each in filters:
        if re.search(r"[?&]p=", each):  # a page further on
            continue
        yield Kind(f"list: {name} {each}", [f"{address}{each}"])
    ids = [str(each["_id"]) for each in documents]
    yield Kind(f"list: {name}, searched by id", [f"{address}?q={each}" for each in ids])
    pages = [reverse(f"admin:{label}_change", args=(quote(each),)) for each in ids]
    yield Kind(f"document: {name}", pages)


def _sample(name: str, fields: dict[str, int]) -> list[dict[str, Any]]:
    """Return some documents from all over a collection, not only those that were written last."""
    picked = [{"$sample": {"size": SAMPLE}}, {"$project": {"_id": 1, **fields}}]
    return collection(name).aggregate(picked)


def _found(typed: str) -> str:
    return f"/admin/find/?q={typed}"
