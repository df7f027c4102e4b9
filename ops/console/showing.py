"""How values look in the console: times in UTC, ids as links, JSON laid out, rows as a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.contrib import admin
from django.utils.html import format_html

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
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    more: tuple[str, str] | None = None


def when(moment: datetime | None) -> str:
    """Return a time to the second, in UTC."""
    if moment is None:
        return NOTHING
    utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return format_html('<time datetime="{}">{}</time>', utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S} UTC")


def amount(tokens: int) -> str:
    """Return an amount of tokens with its thousands apart."""
    return f"{tokens:,}"


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
