"""What is done every 15 s by the process of the metrics: look, count the minute, renew the copy."""

import contextlib
from datetime import datetime

import pymongo

from ops import clock
from ops.rounds import registry
from ops.rounds.registry import Round
from ops.status import knowing, looking, report, static_copy
from ops.status.edition import Edition
from ops.status.knowing import Memory
from ops.status.states import Look
from ops.status.tally import Tally

NAME = "status"
EVERY_SECONDS = 15.0
WRITE_SECONDS = 2.0


class Duty:
    """Of one process: what it has seen in this minute, and what it knew last, go with it."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._tally = Tally()
        self._memory = Memory()

    def do(self) -> None:
        """Do it.

        Raises:
            OSError: the copy cannot be written; what was seen is counted all the same.
        """
        self.note(looking.from_outside(), clock.now())

    def note(self, look: Look, now: datetime) -> None:
        """Count a look and renew the copy, whatever is away. Raises as ``do``."""
        self._tally.add(now, look.states())
        with contextlib.suppress(*looking.AWAY), pymongo.timeout(WRITE_SECONDS):
            self._tally.write()
        known = self._memory.known(now)
        known = knowing.Known(known.read_at, self._tally.added_to(known.days), known.incidents)
        static_copy.write(Edition(report.made(look, known, now)))


def enter() -> None:
    """Enter it among the rounds."""
    registry.register(Round(NAME, EVERY_SECONDS, Duty().do))
