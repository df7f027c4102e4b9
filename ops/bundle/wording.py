"""How figures stand in a part: tables, and sizes that people can read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

STEP = 1024
GAP = "  "


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, none: str = "none") -> str:
    """Return rows under their heads, in columns; ``none``: what stands there if there is no row."""
    written = [[_cell(each) for each in row] for row in rows]
    if not written:
        return none
    widths = [max(map(len, column)) for column in zip(heads, *written, strict=True)]
    lines = [heads, *written]
    return "\n".join(
        GAP.join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts(of: Mapping[str, Any]) -> str:
    """Return names and values, a line each."""
    return table(("what", "value"), of.items())


def size(number: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < STEP:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= STEP
    return f"{number:.1f} TiB"


def moment(at: Any) -> str:
    """Return a time; what is none stands as it is."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if isinstance(at, datetime) else str(at)


def share(part: float, whole: float) -> str:
    """Return a part of a whole in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _cell(value: Any) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)
