"""A chart of lines over minutes or seconds, as SVG: for who looks at a bundle far from any dashboard."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TypeAlias

WIDTH, HEIGHT = 900, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 50, 40
STEPS = 4
FONT = 'font-family="sans-serif" font-size="12"'
# Told apart also by who does not see red and green. Source: Okabe and Ito's palette.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
Points: TypeAlias = Sequence[tuple[float, float]]


def chart(title: str, lines: Mapping[str, Points], *, across: Sequence[str], unit: str) -> str:
    """Return the chart.

    Args:
        title: what it shows.
        lines: points of each line by its name, in order; ``x`` from 0 to 1.
        across: words below the axis, evenly from its beginning to its end.
        unit: of the values.
    """
    top = _rounded(max((value for points in lines.values() for _, value in points), default=0.0))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="14">{escape(title)}</text>',
        *_grid(top, unit),
        *_words(across),
        *_drawn(lines, top),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(top: float, unit: str) -> Iterator[str]:
    for step in range(STEPS + 1):
        value = top * step / STEPS
        y = _y(value, top)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        words = f"{value:g} {unit}" if step == STEPS else f"{value:g}"
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(words)}</text>'


def _words(across: Sequence[str]) -> Iterator[str]:
    for place, word in enumerate(across):
        x = _x(place / max(1, len(across) - 1))
        yield f'<text x="{x:.1f}" y="{HEIGHT - 14}" text-anchor="middle">{escape(word)}</text>'


def _drawn(lines: Mapping[str, Points], top: float) -> Iterator[str]:
    x = LEFT
    for place, (name, points) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{_x(across):.1f},{_y(value, top):.1f}" for across, value in points)
        if path:
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{x}" y="38" fill="{colour}">{escape(name)}</text>'
        x += 7 * len(name) + 24


def _x(across: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * across


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _rounded(most: float) -> float:
    """Return a round figure that is not below the largest value."""
    if most <= 0:
        return 1.0
    power = 10.0 ** (len(f"{most:.0f}") - 1) if most >= 1 else 0.01
    return next(step * power for step in (1, 2, 4, 5, 8, 10, 20, 40, 100, 1000) if step * power >= most)
