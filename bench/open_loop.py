"""``python -m bench.open_loop``: at 70 % of what it can, with the jobs at work, how long do people wait?

First the capacity: the same mix of requests from 32 connections that never pause. Then requests at a fixed
share of that rate, at random moments, while the worker, the ledger check and backups are at work.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import psutil

from bench import beside, mix, serving, usage, world
from bench.arrivals import PIECE_SECONDS, OpenLoop, Seen
from bench.load import Load
from bench.report import keep, percentile
from bench.supply import World

CONNECTIONS = 32
EXPIRING = 20_000
PERCENTILES = (50, 95, 99)


def main() -> None:
    """Measure the capacity, send at a share of it, and print what people had to wait."""
    options = _options()
    with world.servers():
        prepared = mix.prepared()
        with serving.ours(options.workers) as (port, master), serving.background():
            capacity = _capacity(prepared, port, options.capacity_seconds)
            rate = options.rate or options.share * capacity
            seconds = options.minutes * 60
            print(f"capacity {capacity:.0f}/s; {rate:.0f}/s for {options.minutes:g} minutes", flush=True)
            beside.let_expire(prepared, EXPIRING, seconds)
            with _watched(master) as watched, beside.at_work() as jobs:
                seen = OpenLoop(mix.requests(prepared, seed=1), rate).run(port, seconds)
            expired = beside.expired()
    _show(seen, jobs, expired, watched)
    keep(
        "open-loop",
        {
            "options": vars(options),
            "capacity": capacity,
            "rate": rate,
            "operations": {name: _figures(each) for name, each in seen.latencies_ms.items()},
            "all": _figures(_all(seen)),
            "refused": seen.refused,
            "errors": seen.errors,
            "beside": jobs.seconds,
            "failed": jobs.failed,
            "expired": expired,
            "p99_ms_by_ten_seconds": {piece: percentile(each, 99) for piece, each in seen.pieces_ms.items()},
            "memory_mb": watched.memory_mb,
            "cores": watched.cores(),
            "database_connections": watched.connections,
        },
    )


def _capacity(prepared: World, port: int, seconds: float) -> float:
    """Return the median rate of three runs, after one that warms up."""
    load = Load((each.content for each in mix.requests(prepared)), may_conflict=True)
    rates = [load.run(port, connections=CONNECTIONS, seconds=seconds).rate for _ in range(4)]
    return statistics.median(rates[1:])


@dataclass
class _Watched:
    """Each ten seconds: each web worker's memory, the database's connections, and who used the processors."""

    memory_mb: list[list[float]] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)
    used: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def cores(self) -> list[dict[str, float]]:
        """Return how many cores each part had at work, from each look to the next."""
        return [
            usage.cores(before, after, until - since)
            for (since, before), (until, after) in pairwise(self.used)
        ]


@contextmanager
def _watched(master: psutil.Process) -> Iterator[_Watched]:
    from ops.mongo.collections import collection  # noqa: PLC0415  # the settings must be there first

    watched = _Watched()
    database = collection("families").raw.database

    def look(ended: threading.Event) -> None:
        while True:
            watched.memory_mb.append(serving.worker_memory(master))
            watched.connections.append(database.command("serverStatus")["connections"]["current"])
            watched.used.append((time.monotonic(), usage.seconds()))
            if ended.wait(PIECE_SECONDS):
                return

    with beside.alongside(look):
        yield watched


def _all(seen: Seen) -> list[float]:
    return [each for latencies in seen.latencies_ms.values() for each in latencies]


def _figures(latencies: list[float]) -> dict[str, float]:
    percentiles = {f"p{each}_ms": percentile(latencies, each) for each in PERCENTILES}
    return {"requests": len(latencies), **percentiles, "worst_ms": max(latencies, default=0.0)}


def _show(seen: Seen, jobs: beside.Beside, expired: dict[str, int], watched: _Watched) -> None:
    print(f"{'':14}{'requests':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'worst':>9}")
    for name, latencies in [*seen.latencies_ms.items(), ("all", _all(seen))]:
        requests, *times = _figures(latencies).values()
        print(f"{name:14}{requests:10.0f}" + "".join(f"{each:9.1f}" for each in times))
    print(f"told to send it again: {seen.refused}; errors: {dict(seen.errors) or 'none'}")
    for name, seconds in jobs.seconds.items():
        print(f"{name}: {len(seconds)} times, at most {max(seconds, default=0):.1f} s")
    print(f"failed: {jobs.failed}; invitations expired: {expired['marked']}, late: {expired['late']}")
    (since, before), (until, after) = watched.used[0], watched.used[-1]
    shares = usage.cores(before, after, max(until - since, 1.0))
    print("cores at work: " + ", ".join(f"{part} {share:.2f}" for part, share in shares.items()))
    first, last = watched.memory_mb[0], watched.memory_mb[-1]
    print(f"memory of a web worker: {first[0]:.0f} MB, at the end {last[0]:.0f} MB")
    print(f"connections of the database: at most {max(watched.connections)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.open_loop", description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--share", type=float, default=0.7, help="of the capacity")
    parser.add_argument("--rate", type=float, help="requests a second, instead of a share of the capacity")
    parser.add_argument("--capacity-seconds", type=float, default=10)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
