"""Lines for people who watch them go by: short, and coloured on a terminal."""

from collections.abc import Mapping
from typing import Any

COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31;1", "CRITICAL": "31;1"}
# What stands at the beginning or the end of a line, or says nothing to who watches one process.
PLACED = frozenset({"at", "level", "logger", "event", "exception"})
LONGEST = 2000


def line(event: Mapping[str, Any], *, coloured: bool) -> str:
    """Return the line of an event; a traceback stands below it."""
    level = str(event.get("level", ""))
    beginning = f"{_time(event.get('at'))} {level:8}"
    if coloured and level in COLOURS:
        beginning = f"\x1b[{COLOURS[level]}m{beginning}\x1b[0m"
    facts = [f"{name}={_harmless(value)}" for name, value in event.items() if name not in PLACED]
    said = " ".join([beginning, _harmless(event.get("logger")), _harmless(event.get("event")), *facts])
    trace = event.get("exception")
    return "\n".join([said, *map(_harmless, str(trace).splitlines())]) if trace else said


def _time(at: Any) -> str:
    """Return the time of day of an ISO moment, in whole seconds."""
    return str(at)[11:19]


def _harmless(value: Any) -> str:
    """Return a value without what would steer a terminal, or look like another line."""
    text = str(value)[:LONGEST]
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else repr(letter)[1:-1]
