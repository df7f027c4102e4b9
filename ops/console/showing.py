"""How values look in the console: times where who looks is, ids as links, JSON laid out, rows as a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.contrib import admin
from django.utils.html import format_html

from ops.console import zones

NOTHING = "-"
Column = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Table:
    """A table on a page.

    Args:
        title: its heading.
        columns: heads of the columns.
        rows: cells by row; a cell is text or safe HTML.
        empty: what stands there when there are no rows.
        more: where the whole is: address and words of a link.
        summary: what of it stands in the line at the top of the page; empty: nothing.
        form: fields that are asked for above the rows, sent by a GET to the same page; it changes nothing.
        anchor: what an address leads to the table by.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    more: tuple[str, str] | None = None

    @property
    def shown(self) -> Sequence[Sequence[object]]:
        """Its rows as they are shown: numbers with their thousands apart."""
        return [[amount(cell) if type(cell) is int else cell for cell in row] for row in self.rows]

    summary: str = ""
    form: Any = None
    anchor: str = ""


def when(moment: datetime | None) -> str:
    """Return a time to the second, in the zone of who looks; in UTC, too, for who points at it."""
    if moment is None:
        return NOTHING
    local = zones.here(moment)
    utc = local.astimezone(UTC)
    told = f"{local:%Y-%m-%d %H:%M:%S} {zones.name_at(local)}"
    if local.utcoffset() == utc.utcoffset():
        return format_html('<time datetime="{}">{}</time>', utc.isoformat(), told)
    title = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', utc.isoformat(), title, told)


def minute(moment: datetime, *, day: bool = True) -> str:
    """Return a time to the minute as text, in the zone of who looks; without its day if that is clear."""
    local = zones.here(moment)
    return f"{local:{'%Y-%m-%d %H:%M' if day else '%H:%M'}} {zones.name_at(local)}"


class Amount(str):
    """A number as it is shown; ``number``: as a file has it."""

    __slots__ = ("number",)
    number: int


def amount(number: int, *, signed: bool = False) -> Amount:
    """Return a number, of tokens or of anything counted, with its thousands apart."""
    shown = Amount(f"{number:+,}" if signed else f"{number:,}")
    shown.number = number
    return shown


def up_to(number: int, most: int) -> str:
    """Return how many were found where no more than ``most`` are looked for; ``50+``: there may be more."""
    return f"{amount(number)}{'+' if number >= most else ''}"


def as_json(value: Any) -> str:
    """Return a value as JSON, laid out to be read."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
    return format_html(
        "<pre class='json'>{}</pre>", orjson.dumps(value, default=str, option=options).decode()
    )


def plain(value: Any) -> Any:
    """Return a value of a document as a cell: nothing as a dash, structures as JSON."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, int):
        return amount(value)
    return as_json(value) if isinstance(value, dict | list) else str(value)


def by_name(title: str, values: Mapping[str, Any]) -> Table:
    """Return a table of named values."""
    return Table(title, ("name", "value"), [(name, plain(value)) for name, value in values.items()])


def time_of(field: str, label: str = "") -> Column:
    """Return a column, or a field of a page, that shows a time."""

    @admin.display(description=label or field.removesuffix("_at").replace("_", " "))
    def shown(_page: Any, document: Any) -> str:
        return when(getattr(document, field))

    return shown
