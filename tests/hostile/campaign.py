"""Sends thousands of hostile requests to the real system, and keeps book."""

import contextlib
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.hostile import world as worlds
from tests.hostile.generator import Kind, request
from tests.hostile.line import Answer, HungUpError, Line
from tests.hostile.request import Request
from tests.hostile.served import Served
from tests.hostile.verdict import LIMITED, faults, is_of_queue
from tests.hostile.world import World
from tests.scale import FULL

COUNT = int(os.environ.get("SBD_HOSTILE", "10000" if FULL else "500"))
SEED = int(os.environ.get("SBD_HOSTILE_SEED", "1"))
FIRST = int(os.environ.get("SBD_HOSTILE_FIRST", "0"))
IS_FULL = COUNT >= 100_000

BATCH = 100  # looked at together: did they change something?
LINES = 4  # as many as the server has threads
# Access tokens live for a quarter of an hour, and 5,000 requests take some seconds.
WORLD = 5000
SAMPLE = 1000
TIMES = 5


@dataclass
class Report:
    """What came of it."""

    found: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    by_kind: dict[str, Counter[int]] = field(default_factory=dict)
    by_operation: dict[str, Counter[int]] = field(default_factory=dict)
    megabytes: list[float] = field(default_factory=list)
    queued: int = 0  # refused by the queue, and sent again
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many were answered."""
        return sum(counts.total() for counts in self.by_kind.values())

    @property
    def limited(self) -> int:
        """How many a limit refused, so that they showed nothing."""
        return sum(counts[LIMITED] for counts in self.by_kind.values())

    @property
    def growth(self) -> float:
        """How many MB more the server holds at the end than when it was warm: after a fifth of all."""
        return self.megabytes[-1] - self.megabytes[len(self.megabytes) // 5]

    def figures(self) -> str:
        """Return them to read."""
        first, last = self.megabytes[0], self.megabytes[-1]
        memory = f"{first:.1f} MB at first, {last - self.growth:.1f} MB warm, {last:.1f} MB at the end"
        pace = f"{self.total / self.seconds:.0f} a second, {self.queued} sent again"
        lines = [
            f"seed {SEED}, requests {FIRST} to {FIRST + COUNT - 1}, {pace}",
            f"memory: {memory} ({self.growth:+.1f} MB), at most {max(self.megabytes):.1f} MB",
            *(f"{name}: {dict(sorted(counts.items()))}" for name, counts in self.by_kind.items()),
        ]
        return "\n".join(lines)


class Campaign:
    """Runs once."""

    def __init__(self, served: Served) -> None:
        """Take the system."""
        self.report = Report()
        self._served = served
        self._lines: list[Line] = []
        parts = range(1, 250)
        self._addresses = itertools.cycle(f"127.{a}.{b}.1" for a, b in itertools.product(parts, parts))

    def run(self) -> Report:
        """Send all of them."""
        started = time.monotonic()
        with contextlib.closing(self):
            for batch in _batches(range(FIRST, FIRST + COUNT)):
                if (batch.start - FIRST) % WORLD == 0:
                    world = worlds.new_world()
                if (batch.start - FIRST) % SAMPLE == 0:
                    self.report.megabytes.append(self._served.megabytes)
                self._send_and_compare(batch, world)
        self.report.megabytes.append(self._served.megabytes)
        self.report.seconds = time.monotonic() - started
        return self.report

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()

    def _send_and_compare(self, batch: range, world: World) -> None:
        worlds.forget_limits()
        before = worlds.digest()
        self._renew_lines()
        for start in range(batch.start, batch.stop, LINES):
            self._send(range(start, min(start + LINES, batch.stop)), world)
        if (after := worlds.digest()) != before:
            self.report.changed.append(f"{_changed(before, after)}: {self._blamed(batch, world)}")

    def _send(self, numbers: range, world: World) -> None:
        """Send some at one time, one on each connection, and look at their answers."""
        sent = [(number, *request(SEED, number, world)) for number in numbers]
        for line, (_, _, each) in zip(self._lines, sent, strict=False):
            line.send(each.raw)
        for index, (number, kind, each) in enumerate(sent):
            try:
                answer = self._answer(self._lines[index], each)
            except (HungUpError, TimeoutError, ValueError) as error:
                self._note(number, kind, each, [f"{type(error).__name__}: {error}"])
                self._renew_line(index)
                continue
            self._count(kind, each, answer)
            self._note(number, kind, each, faults(each, answer))
            if answer.closes or not each.is_http:
                self._renew_line(index)

    def _answer(self, line: Line, sent: Request) -> Answer:
        """Return the answer; on a machine so busy that the queue refuses, that to the same request again."""
        for _ in range(TIMES):
            answer = line.answer(sent.method)
            if not is_of_queue(answer):
                break
            self.report.queued += 1
            line.send(sent.raw)
        return answer

    def _count(self, kind: Kind, sent: Request, answer: Answer) -> None:
        self.report.by_kind.setdefault(kind.name, Counter())[answer.status] += 1
        self.report.by_operation.setdefault(sent.operation.label, Counter())[answer.status] += 1

    def _note(self, number: int, kind: Kind, sent: Request, found: list[str]) -> None:
        self.report.found += [
            f"seed {SEED}, number {number} ({kind.name}, {sent.operation.label}): {fault}\n"
            f"    sent {sent.raw[:600]!r}"
            for fault in found
        ]

    def _blamed(self, batch: range, world: World) -> str:
        """Send a batch again, one after the other, until one changes something."""
        for number in batch:
            before = worlds.digest()
            self._send(range(number, number + 1), world)
            if worlds.digest() != before:
                _, sent = request(SEED, number, world)
                return f"seed {SEED}, number {number}: {sent.raw[:600]!r}"
        return f"seed {SEED}, one of the numbers {batch.start} to {batch.stop - 1}, and only the first time"

    def _renew_lines(self) -> None:
        self.close()
        self._lines = [self._served.line(next(self._addresses)) for _ in range(LINES)]

    def _renew_line(self, index: int) -> None:
        self._lines[index].close()
        self._lines[index] = self._served.line(next(self._addresses))


def _batches(numbers: range) -> Iterator[range]:
    for start in range(numbers.start, numbers.stop, BATCH):
        yield range(start, min(start + BATCH, numbers.stop))


def _changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the collections that differ."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
