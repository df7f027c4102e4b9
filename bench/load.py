"""A load of GETs over a fixed number of kept-alive connections on loopback."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvloop

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Measured:
    """What one run gave."""

    requests: int
    seconds: float
    latencies_ms: Sequence[float]
    bytes_an_answer: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def percentile(self, hundredths: int) -> float:
        """Return the latency in milliseconds that so many hundredths of the requests did not exceed."""
        return statistics.quantiles(self.latencies_ms, n=100)[hundredths - 1]


class WrongAnswerError(Exception):
    """The server did not answer 200."""


def run(port: int, path: str, tokens: Sequence[str], *, connections: int, seconds: float) -> Measured:
    """Send GETs for ``seconds``; each connection goes round through the callers.

    Raises:
        WrongAnswerError: an answer was not 200.
    """
    return uvloop.run(_run(port, path, tokens, connections, seconds))


async def _run(port: int, path: str, tokens: Sequence[str], connections: int, seconds: float) -> Measured:
    requests = itertools.cycle([_request(path, token) for token in tokens])
    latencies: list[float] = []
    started = time.perf_counter()
    sizes = await asyncio.gather(
        *(_caller(port, requests, started + seconds, latencies) for _ in range(connections))
    )
    took = time.perf_counter() - started
    return Measured(len(latencies), took, latencies, max(sizes))


async def _caller(port: int, requests: Iterator[bytes], until: float, latencies: list[float]) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    size = 0
    try:
        while (began := time.perf_counter()) < until:
            writer.write(next(requests))
            size = await _answer(reader)
            latencies.append((time.perf_counter() - began) * 1000)
    finally:
        writer.close()
    return size


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer; returns the bytes of its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise WrongAnswerError(head.split(b"\r\n", 1)[0].decode())
    length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return length


def _request(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
