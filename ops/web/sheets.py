"""Lines of CSV, in which no text of anybody is taken for a formula by what opens them.

Source: HTTP contract, section 8 (CSV).
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from ops.web.json import timestamp

# How a cell begins that a spreadsheet would calculate.
FORMULAS = ("=", "+", "-", "@")


def lines(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as lines; times in UTC, nothing as an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(each) for each in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return timestamp(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
