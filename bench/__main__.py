"""``make bench``: measure every row against the floor, and print the ratios."""

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from bench import ledger, world
from bench.load import Load
from bench.rows import ROWS, WITH_FAMILIES, Row
from bench.world import Caller

RESULTS = Path(__file__).resolve().parent.parent / "bench-results"
PEOPLE, FAMILIES_EACH = 500, 2
ENTRIES = 10


def main() -> None:
    """Run the rounds, the floor and ours in turn, and report the medians."""
    options = _options()
    chosen = [row for row in ROWS if row.name in options.rows or not (options.rows or row.entries)]
    with world.servers():
        callers = _callers(chosen)
        with (
            world.web("bench.floor:app", workers=options.workers, ready="/docs") as (floor_port, _),
            world.web("family_site.asgi:application", workers=options.workers, ready="/health/ready") as (
                port,
                master,
            ),
        ):
            at_start = world.worker_memory(master)
            report = [_compare(row, floor_port, port, callers, options) for row in chosen]
            memory = {"at_start_mb": at_start, "at_end_mb": world.worker_memory(master)}
    _show(report, memory)
    _keep(report, memory, options)


def _callers(rows: list[Row]) -> list[Caller]:
    """Register the callers, with what the rows need of them."""
    callers = world.people(PEOPLE, FAMILIES_EACH, founders=WITH_FAMILIES)
    ledger.issue(callers[:WITH_FAMILIES], ENTRIES)
    ledger.issue(callers[WITH_FAMILIES:], 1)
    if entries := max(row.entries for row in rows):
        ledger.lengthen(callers[0], entries)
    return callers


def _compare(
    row: Row, floor_port: int, port: int, callers: list[Caller], options: argparse.Namespace
) -> dict[str, Any]:
    sides = {
        side: (at, Load(row.requests(path, callers), row.may_conflict))
        for side, at, path in (("floor", floor_port, row.floor_path), ("ours", port, row.path))
    }
    rates: dict[str, list[float]] = {side: [] for side in sides}
    latency: dict[str, tuple[float, float]] = {}
    size: dict[str, int] = {}
    refused = dict.fromkeys(sides, 0)
    for round_number in range(options.rounds + 1):
        for side, (at, load) in sides.items():
            # The first round warms up: connections, caches, branch predictors.
            seconds = options.seconds if round_number else min(2.0, options.seconds)
            measured = load.run(at, connections=options.connections, seconds=seconds)
            if round_number:
                rates[side].append(measured.rate)
                latency[side] = (measured.percentile(50), measured.percentile(99))
                size[side] = measured.bytes_an_answer
                refused[side] += measured.refused
    medians = {side: statistics.median(rates[side]) for side in sides}
    return {
        "row": row.name,
        "goal": row.goal,
        "ratio": medians["ours"] / medians["floor"],
        "rates": rates,
        "medians": medians,
        "p50_p99_ms": latency,
        "bytes": size,
        "refused": refused,
    }


def _show(report: list[dict[str, Any]], memory: dict[str, Any]) -> None:
    heads = f"{'row':16} {'floor/s':>9} {'ours/s':>9} {'ratio':>7} {'goal':>6}"
    print(f"{heads} {'p50/p99 ms: floor':>19} {'ours':>13}")
    for each in report:
        medians, latencies = each["medians"], each["p50_p99_ms"]
        rates = f"{medians['floor']:9.0f} {medians['ours']:9.0f} {each['ratio']:7.2f} {each['goal']:6.2f}"
        floor, ours = (f"{fast:.1f}/{slow:.1f}" for fast, slow in (latencies["floor"], latencies["ours"]))
        print(f"{each['row']:16} {rates} {floor:>19} {ours:>13}")
        if any(each["refused"].values()):
            print(f"{'':16} told to send it again: {each['refused']}")
    for moment, workers in memory.items():
        print(f"memory of a web worker, {moment}: " + ", ".join(f"{each:.0f}" for each in workers))


def _keep(report: list[dict[str, Any]], memory: dict[str, Any], options: argparse.Namespace) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / time.strftime("%Y%m%d-%H%M%S.json")
    kept = {"options": vars(options), "cores": os.cpu_count(), "rows": report, **memory}
    path.write_text(json.dumps(kept, indent=1))
    print(f"kept in {path.relative_to(RESULTS.parent)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("rows", nargs="*", help="names of rows; without them all")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2, help="web processes of each side")
    return parser.parse_args()


if __name__ == "__main__":
    main()
