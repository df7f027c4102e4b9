"""A load of requests over a fixed number of kept-alive connections on loopback."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvloop

from bench.report import percentile

HOST = "127.0.0.1"
DONE, CONFLICT = (b"200", b"201"), b"409"


@dataclass(frozen=True)
class Measured:
    """What one run gave; ``refused``: how many answers told to send it again, which are no requests."""

    requests: int
    seconds: float
    latencies_ms: Sequence[float]
    bytes_an_answer: int
    refused: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def percentile(self, hundredths: int) -> float:
        """Return the latency in milliseconds that so many hundredths of the requests did not exceed."""
        return percentile(self.latencies_ms, hundredths)


class UsedUpError(Exception):
    """There is nothing left to send: fewer seconds, or more is to be prepared (``--supply``)."""


class WrongAnswerError(Exception):
    """The server answered neither 200 or 201 nor, where that is looked for, 409."""


@dataclass
class Load:
    """What is sent: each connection goes on through the requests; ``may_conflict``: a 409 is only counted."""

    requests: Iterator[bytes]
    may_conflict: bool = False

    def run(self, port: int, *, connections: int, seconds: float) -> Measured:
        """Send for ``seconds``.

        Raises:
            WrongAnswerError: an answer was neither 200 nor 201.
            UsedUpError: there is nothing left to send.
        """
        return uvloop.run(self._run(port, connections, seconds))

    async def _run(self, port: int, connections: int, seconds: float) -> Measured:
        latencies: list[float] = []
        refused: list[bytes] = []
        started = time.perf_counter()
        sizes = await asyncio.gather(
            *(self._caller(port, started + seconds, latencies, refused) for _ in range(connections))
        )
        took = time.perf_counter() - started
        return Measured(len(latencies), took, latencies, max(sizes), len(refused))

    async def _caller(self, port: int, until: float, latencies: list[float], refused: list[bytes]) -> int:
        reader, writer = await asyncio.open_connection(HOST, port)
        size = 0
        try:
            while (began := time.perf_counter()) < until:
                request = next(self.requests, None)
                if request is None:
                    raise UsedUpError
                writer.write(request)
                status, body = await answer(reader)
                if status == CONFLICT and self.may_conflict:
                    refused.append(status)
                    continue
                if status not in DONE:
                    raise WrongAnswerError(status.decode())
                size = body
                latencies.append((time.perf_counter() - began) * 1000)
        finally:
            writer.close()
        return size


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    """Read one answer; returns its status and the bytes of its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return status, length
