"""Working through runs: what a worker does each time that its turn comes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ops import deadline
from ops.actors import Actor
from ops.errors import ConflictError
from ops.logs import logger
from ops.mongo.collections import Document
from ops.runs import holding, records
from ops.runs.holding import Line, NotHeldError

# A turn is short: the worker's two hands have mails to send, too.
TURN_SECONDS = 4.0
# With less than this left of the job's time no document is begun: its unit would be cut short.
LEAST_SECONDS = 6.0
PAUSE = timedelta(seconds=10)
MOST_STALLED = 30  # then what cannot be tried counts as refused, and the others have their turn
AGAIN = "It was at work when a worker ended, so it may have been done by this run."
SYSTEM = Actor.system("beat")
log = logger(__name__)


class LostRightsError(Exception):
    """Who started a run may not go on with it; the words say why, in a sentence for staff."""


class PutOffError(Exception):
    """A document could not be tried now: the database is away, or time was over."""

    def __init__(self, line: Line) -> None:
        """Take what would be its outcome, if it was never tried again."""
        super().__init__(line.sentence)
        self.line = line


class Batch(Protocol):
    """What a page does with some documents of a run."""

    def act(self, identifier: str) -> Line:
        """Act on one document.

        Raises:
            PutOffError: it was not tried.
        """


# Takes a run and the ids of some of its documents; raises LostRightsError.
Prepare = Callable[[Document, Sequence[str]], Batch]
_prepares: list[Prepare] = []


def register(prepare: Prepare) -> None:
    """Enter how the console acts; called by its room when it is ready."""
    _prepares[:] = [prepare]


def work_due(*, now: datetime, seconds: float = TURN_SECONDS) -> int:
    """Go on with the run that has waited longest, for one turn; returns for how many documents.

    Safe at any time, in any number of processes; see the package for what holds if one is killed.
    """
    run = holding.take(now)
    if run is None:
        return 0
    turn = Turn(run, began=now, started=time.monotonic(), seconds=seconds)
    try:
        return turn.work()
    except NotHeldError:
        log.warning("run not held any more", run=run["_id"])
        return turn.done


@dataclass
class Turn:
    """One turn of a worker with a run; ``done``: how many documents got their outcome in it."""

    run: Document
    began: datetime
    started: float
    seconds: float
    done: int = 0

    def now(self) -> datetime:
        """Return the time, from the caller's on."""
        return self.began + timedelta(milliseconds=int((time.monotonic() - self.started) * 1000))

    def work(self) -> int:
        """Do batch after batch until the turn is over; at least one."""
        while (held := holding.keep(self.run, self.now())) is not None:
            self.run = held
            try:
                goes_on = self._batch()
            except LostRightsError as reason:
                self._stop(str(reason))
                return self.done
            except PutOffError as reason:
                log.warning("run put off", run=self.run["_id"], cause=str(reason))
                holding.give_back(self.run, until=self.now() + PAUSE, stalled=True)
                return self.done
            if not goes_on or time.monotonic() - self.started >= self.seconds:
                break
        holding.give_back(self.run, until=self.now())
        return self.done

    def _batch(self) -> bool:
        """Act on what is left of a part and record it; tells whether to go on with the next."""
        number, offset = divmod(self.run["position"], records.BATCH)
        part = records.part(self.run["_id"], number)
        if part is None:
            raise NotHeldError
        ids = part["ids"][offset:]
        batch = _prepares[0](self.run, ids)
        holding.begin(self.run, number, self.now())
        lines: list[Line] = []
        put_off: PutOffError | None = None
        for each in ids:
            if lines and _is_late():
                break
            try:
                lines.append(_told(batch.act(each), begun=part.get("begun_at")))
            except PutOffError as error:
                put_off = error
                if not lines and self.run["stalled"] >= MOST_STALLED:
                    lines, put_off = [error.line], None
                break
        if lines:
            self.run = holding.record(self.run, number, lines, offset=offset, now=self.now())
            self.done += len(lines)
        if put_off:
            raise put_off
        return len(lines) == len(ids)

    def _stop(self, why: str) -> None:
        try:
            records.stop(self.run["_id"], why, actor=SYSTEM, now=self.now())
        except ConflictError:
            log.info("run stopped by somebody else", run=self.run["_id"])
        holding.give_back(self.run, until=self.now())


def _is_late() -> bool:
    left = deadline.remaining()
    return left is not None and left < LEAST_SECONDS


def _told(line: Line, *, begun: datetime | None) -> Line:
    if begun is None or line.result == "done":
        return line
    return Line(line.id, line.result, f"{line.sentence} {AGAIN}".strip(), line.is_well)
