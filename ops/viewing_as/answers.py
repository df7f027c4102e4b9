"""An answer of the API as tables, whatever it holds."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html

from ops.console.showing import NOTHING, Table, as_json, plain, when

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)\Z")
Cell = Callable[[str, Any], Any]


def tables(title: str, body: Any, cell: Cell) -> list[Table]:
    """Return plain members as one table, and rows and members that have members as one each.

    Args:
        title: of the first.
        body: the answer.
        cell: shows a value of a field.
    """
    if not isinstance(body, Mapping):
        return [_rows(title, body if isinstance(body, list) else [body], cell)]
    return list(_tables(title, body, cell))


def shown(value: Any) -> Any:
    """Return a value as a cell: times where who looks is."""
    if isinstance(value, str) and _TIME.match(value):
        return when(datetime.fromisoformat(value))
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return ", ".join(str(each) for each in value) or NOTHING
    if value and isinstance(value, dict | list):  # in a row of one line it would be twenty
        opened = '<details class="viewing-raw"><summary>Show</summary>{}</details>'
        return format_html(opened, as_json(value))
    return plain(value)


def _tables(title: str, body: Mapping[str, Any], cell: Cell) -> Iterator[Table]:
    single = {name: value for name, value in body.items() if not _is_large(value)}
    rest = {name: value for name, value in body.items() if _is_large(value)}
    if single:
        rows = [(_words(name), cell(name, value)) for name, value in single.items()]
        yield Table(title, ("name", "value"), rows)
    for name, value in rest.items():
        under = title if name == "results" else _words(name).capitalize()
        if isinstance(value, Mapping):
            facts = [(_words(each), cell(each, inner)) for each, inner in value.items()]
            yield Table(under, ("name", "value"), facts)
        else:
            yield _rows(under, value, cell)


def _rows(title: str, rows: Sequence[Any], cell: Cell) -> Table:
    found = [each if isinstance(each, Mapping) else {"value": each} for each in rows]
    names = list(dict.fromkeys(name for each in found for name in each))
    cells = [[cell(name, each.get(name)) for name in names] for each in found]
    return Table(title, [_words(name) for name in names], cells)


def _is_large(value: Any) -> bool:
    if isinstance(value, list):
        return not value or any(isinstance(each, Mapping) for each in value)
    return isinstance(value, Mapping) and bool(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
