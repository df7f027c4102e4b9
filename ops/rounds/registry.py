"""The duties. Apps enter theirs when they are ready."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ops.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """A duty: its name, every how many seconds, and what is done."""

    name: str
    every: float
    do: Callable[[], object]


_rounds: dict[str, Round] = {}


def register(duty: Round) -> None:
    """Enter a duty; one of the same name takes its place."""
    _rounds[duty.name] = duty


def rounds() -> Sequence[Round]:
    """Return all of them."""
    return list(_rounds.values())


class Rounds:
    """Does the duties until it is stopped."""

    def __init__(self, duties: Sequence[Round]) -> None:
        """Begin with nothing done."""
        self._duties = duties
        self._over = threading.Event()
        self._failing: set[str] = set()

    def start(self) -> None:
        """Start; daemons, since one of them may hang."""
        for duty in self._duties:
            threading.Thread(target=self._go, args=(duty,), name=f"round-{duty.name}", daemon=True).start()

    def stop(self) -> None:
        """Begin nothing new."""
        self._over.set()

    def once(self, duty: Round) -> bool:
        """Do a duty once; tells whether it was done. That it fails is logged once, until it is done again."""
        try:
            duty.do()
        except Exception as error:  # noqa: BLE001  # whatever it is, the others go on
            if duty.name not in self._failing:
                log.warning("round not done", round=duty.name, cause=type(error).__name__)
            self._failing.add(duty.name)
            return False
        self._failing.discard(duty.name)
        return True

    def _go(self, duty: Round) -> None:
        while not self._over.is_set():
            self.once(duty)
            self._over.wait(duty.every)
