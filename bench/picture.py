"""The report as a picture: for each row how ours stands to the floor, and the goal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

LEFT, WIDTH, LINE, TOP = 170, 720, 26, 40
# The ratio at the right edge; a bar that is longer ends there, and its number says how long it is.
MOST = 2.0
TITLE = "Requests a second, as a ratio to the floor (dashed: the goal)"
FONT = 'font-family="sans-serif" font-size="12"'
INK, GOOD, SHORT = "#1f2933", "#2a8a43", "#c77700"


def draw(report: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the picture, an SVG."""
    height = TOP + LINE * len(report) + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT} fill="{INK}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="14">{TITLE}</text>',
        *(_bar(each, TOP + LINE * number) for number, each in enumerate(report)),
        "</svg>",
    ]
    path.write_text("\n".join(lines) + "\n")


def _bar(each: dict[str, Any], top: int) -> str:
    ratio, goal = each["ratio"], each["goal"]
    color = GOOD if ratio >= goal else SHORT
    long, mark = _across(ratio) - LEFT, _across(goal)
    name = escape(f"{each['row']}, {each['connections']} at once")
    return (
        f'<text x="10" y="{top + 14}">{name}</text>'
        f'<rect x="{LEFT}" y="{top + 3}" width="{long:.1f}" height="15" fill="{color}"/>'
        f'<path d="M{mark:.1f} {top}v21" stroke="{INK}" stroke-dasharray="3 2"/>'
        f'<text x="{LEFT + long + 6:.1f}" y="{top + 14}">{ratio:.2f}</text>'
    )


def _across(ratio: float) -> float:
    return LEFT + min(ratio, MOST) / MOST * (WIDTH - LEFT - 50)
