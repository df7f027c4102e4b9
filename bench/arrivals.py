"""An open loop: requests arrive at their own rate, whether or not the ones before have been answered."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import uvloop

from bench.load import DONE, HOST, answer
from bench.mix import Sent

PIECE_SECONDS = 10


@dataclass
class Seen:
    """What came of the requests.

    Attributes:
        latencies_ms: by the name of what was done, from when the request was due to the end of its answer:
            whoever had to wait for a free connection has waited.
        pieces_ms: the same of all, by the ten seconds in which they were due: 0, 1, …
        refused: how many were told to send it again (409): others wrote the same at that moment.
        errors: how many had another answer or none, by what it was.
        seconds: how long it took until the last one was answered.
    """

    latencies_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    pieces_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


@dataclass
class OpenLoop:
    """``rate`` requests a second, at random moments as of many people who do not know of each other.

    ``connections``: no more are open at once; a request that finds none free waits.
    """

    requests: Iterator[Sent]
    rate: float
    connections: int = 256

    def run(self, port: int, seconds: float) -> Seen:
        """Send for so long, and wait for the answers."""
        return uvloop.run(self._run(port, seconds))

    async def _run(self, port: int, seconds: float) -> Seen:
        seen, began = Seen(), time.perf_counter()
        due = self._moments(seconds)
        await asyncio.gather(*(self._connection(port, began, due, seen) for _ in range(self.connections)))
        seen.seconds = time.perf_counter() - began
        return seen

    def _moments(self, seconds: float) -> Iterator[float]:
        chance = random.Random(0)  # noqa: S311  # a load that can be repeated, no secret
        moment = 0.0
        while (moment := moment + chance.expovariate(self.rate)) < seconds:
            yield moment

    async def _connection(self, port: int, began: float, due: Iterator[float], seen: Seen) -> None:
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for moment in due:
            sent = next(self.requests)
            await asyncio.sleep(max(0.0, began + moment - time.perf_counter()))
            try:
                if streams is None or streams[0].at_eof():  # the server closes what was idle for long
                    streams = await asyncio.open_connection(HOST, port)
                streams[1].write(sent.content)
                status, _ = await answer(streams[0])
            except (OSError, EOFError, IndexError) as error:
                seen.errors[type(error).__name__] += 1
                streams = None
                continue
            self._note(seen, sent.name, status, moment, (time.perf_counter() - began - moment) * 1000)
        if streams is not None:
            streams[1].close()

    def _note(self, seen: Seen, name: str, status: bytes, moment: float, latency: float) -> None:
        if status == b"409":
            seen.refused += 1
        elif status in DONE:
            seen.latencies_ms[name].append(latency)
            seen.pieces_ms[int(moment // PIECE_SECONDS)].append(latency)
        else:
            seen.errors[status.decode()] += 1
