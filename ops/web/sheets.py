"""Lines of CSV, in which no text of anybody is taken for a formula by what opens them.

Source: HTTP contract, section 8 (CSV).
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from ops.web.json import timestamp

# How a cell begins that a spreadsheet would calculate; some throw blanks at the beginning away first.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


Rows = Sequence[Sequence[object]]


def lines(rows: Rows) -> bytes:
    """Return rows as lines; times in UTC, nothing as an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(each) for each in row] for row in rows)
    return text.getvalue().encode()


def pieces(heads: Sequence[str], parts: Iterator[Rows]) -> Iterator[bytes]:
    """Return the heads and all rows, part by part, to be sent as they are read.

    The first part is read at once: what fails there is still told as it should be.
    """
    beginning: list[Rows] = [[heads], next(parts, [])]
    return map(lines, chain(beginning, parts))


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return timestamp(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
