"""What is not counted but asked: how things stand. The exporter asks each source alone, in the background.

A source that fails, hangs or is away hides nobody else's figures: its own go, and a counter says so.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pymongo

from ops.logs import logger

EVERY_SECONDS = 15.0
# How long a source may take; where its own time limits do not hold, it hangs, and that is counted once.
# What it has found is shown for as long as the next round may be late.
MOST_SECONDS = 5.0
HANGS_SECONDS = 20.0
SHOWN_SECONDS = 45.0
# A figure, or one for each value (or values) of its labels; ``None``: there is none.
Found: TypeAlias = float | Mapping[str, float] | Mapping[tuple[str, ...], float] | None
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Figure:
    """A gauge.

    Attributes:
        name: by Prometheus' conventions.
        told: what it says.
        labels: their names.
    """

    name: str
    told: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Who knows figures.

    Attributes:
        name: in few words; a label.
        figures: all that it may tell.
        ask: returns each by its name. May raise.
    """

    name: str
    figures: Sequence[Figure]
    ask: Callable[[], Mapping[str, Found]]


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Enter a source; apps do so when they are ready.

    Raises:
        ValueError: there is one of this name.
    """
    if source.name in _sources:
        msg = f"there is a source {source.name} already"
        raise ValueError(msg)
    _sources[source.name] = source


def sources() -> list[Source]:
    """Return all of them, in the order of their registration."""
    return list(_sources.values())


class Asker:
    """Asks the sources, each on a thread of its own, and remembers what they said."""

    def __init__(self, asked: Sequence[Source]) -> None:
        """Begin with nothing known."""
        self.sources = list(asked)
        self._found: dict[str, tuple[float, Mapping[str, Found]]] = {}
        self._failures = Counter[str]()
        self._asked_at: dict[str, float] = {}
        self._over = threading.Event()

    def start(self) -> None:
        """Start to ask; daemons, since one of them may hang."""
        for source in self.sources:
            threading.Thread(
                target=self._ask_on, args=(source,), name=f"ask-{source.name}", daemon=True
            ).start()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()

    def ask(self, source: Source) -> None:
        """Ask once."""
        self._asked_at[source.name] = time.monotonic()
        try:
            with pymongo.timeout(MOST_SECONDS):
                found = source.ask()
        except Exception as error:  # noqa: BLE001  # whatever it is, the others go on
            if self._found.pop(source.name, None) is not None or not self._failures[source.name]:
                log.warning("no figures", source=source.name, cause=type(error).__name__)
            self._failures[source.name] += 1
        else:
            self._found[source.name] = (time.monotonic(), found)
        finally:
            self._asked_at[source.name] = math.inf

    def found(self, source: Source) -> Mapping[str, Found]:
        """Return what it said last, unless that is too long ago."""
        at, found = self._found.get(source.name, (0.0, {}))
        return found if time.monotonic() - at < SHOWN_SECONDS else {}

    def failures(self, source: Source) -> int:
        """Return how often it could not say anything."""
        if time.monotonic() - self._asked_at.get(source.name, math.inf) > HANGS_SECONDS:
            self._asked_at[source.name] = math.inf
            self._failures[source.name] += 1
            log.warning("no figures", source=source.name, cause="hangs")
        return self._failures[source.name]

    def _ask_on(self, source: Source) -> None:
        while not self._over.is_set():
            self.ask(source)
            self._over.wait(EVERY_SECONDS)
