"""``make bench``: measure every row against the floor, and print the ratios."""

import argparse
import statistics
from collections.abc import Mapping
from typing import Any

from bench import commands, ledger, picture, serving, world
from bench.load import Load
from bench.report import keep
from bench.rows import ROWS, WITH_FAMILIES, Row
from bench.supply import World

PEOPLE, FAMILIES_EACH = 500, 2
ENTRIES = 10
PERCENTILES = (50, 95, 99)


def main() -> None:
    """Run the rounds, the floor and ours in turn, and report the medians."""
    options = _options()
    chosen = [row for row in ROWS if row.name in options.rows or not (options.rows or row.entries)]
    with world.servers():
        prepared = prepared_for(chosen)
        with (
            serving.floor(options.workers) as (floor_port, _),
            serving.ours(options.workers) as (port, master),
        ):
            memory = {"at_start_mb": serving.worker_memory(master)}
            report = [
                measured
                for row in chosen
                for measured in _compare(row, {"floor": floor_port, "ours": port}, prepared, options)
            ]
            memory["at_end_mb"] = serving.worker_memory(master)
    _show(report, memory)
    _keep(report, memory, options)


def prepared_for(rows: list[Row]) -> World:
    """Register the callers, with what all rows need of them."""
    callers = world.people(PEOPLE, FAMILIES_EACH, founders=WITH_FAMILIES)
    names = [each.username for each in callers]
    ledger.issue(names[:WITH_FAMILIES], ENTRIES)
    ledger.issue([*names[WITH_FAMILIES:], *ledger.accounts_of_families()], 1)
    if entries := max(row.entries for row in rows):
        ledger.lengthen(callers[0], entries)
    return World(callers)


def _compare(
    row: Row, ports: Mapping[str, int], prepared: World, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Measure a row with each number of connections."""
    if row.prepare is not None:
        row.prepare(prepared, options.supply)
    paths = {"floor": row.floor_path, "ours": row.path}
    loads = {side: Load(row.requests(path, prepared), row.may_conflict) for side, path in paths.items()}
    asked = {side: commands.a_request(loads[side], ports[side]) for side in loads}
    return [
        {"row": row.name, "goal": row.goal, "connections": number, "commands": asked}
        | _rounds(loads, ports, number, options)
        for number in options.connections
    ]


def _rounds(
    loads: Mapping[str, Load], ports: Mapping[str, int], connections: int, options: argparse.Namespace
) -> dict[str, Any]:
    rates: dict[str, list[float]] = {side: [] for side in loads}
    latency: dict[str, tuple[float, ...]] = {}
    size: dict[str, int] = {}
    refused = dict.fromkeys(loads, 0)
    for round_number in range(options.rounds + 1):
        for side, load in loads.items():
            # The first round warms up: connections, caches, branch predictors.
            seconds = options.seconds if round_number else min(2.0, options.seconds)
            measured = load.run(ports[side], connections=connections, seconds=seconds)
            if round_number:
                rates[side].append(measured.rate)
                latency[side] = tuple(measured.percentile(each) for each in PERCENTILES)
                size[side] = measured.bytes_an_answer
                refused[side] += measured.refused
    medians = {side: statistics.median(rates[side]) for side in loads}
    return {
        "ratio": medians["ours"] / medians["floor"],
        "rates": rates,
        "medians": medians,
        "p50_p95_p99_ms": latency,
        "bytes": size,
        "refused": refused,
    }


def _show(report: list[dict[str, Any]], memory: dict[str, Any]) -> None:
    heads = f"{'row':14} {'at once':>7} {'floor/s':>8} {'ours/s':>8} {'ratio':>6} {'goal':>5}"
    print(f"{heads} {'p50/p95/p99 ms: floor':>22} {'ours':>17} {'commands':>10}")
    for each in report:
        medians, latencies = each["medians"], each["p50_p95_p99_ms"]
        rates = f"{medians['floor']:8.0f} {medians['ours']:8.0f} {each['ratio']:6.2f} {each['goal']:5.2f}"
        floor, ours = ("/".join(f"{one:.1f}" for one in latencies[side]) for side in ("floor", "ours"))
        asked = "/".join(f"{each['commands'][side]:.1f}" for side in ("floor", "ours"))
        print(f"{each['row']:14} {each['connections']:7} {rates} {floor:>22} {ours:>17} {asked:>10}")
        if any(each["refused"].values()):
            print(f"{'':14} told to send it again: {each['refused']}")
    for moment, workers in memory.items():
        print(f"memory of a web worker, {moment}: " + ", ".join(f"{each:.0f}" for each in workers))


def _keep(report: list[dict[str, Any]], memory: dict[str, Any], options: argparse.Namespace) -> None:
    path = keep("paths", {"options": vars(options), "rows": report, **memory})
    picture.draw(report, path.with_suffix(".svg"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("rows", nargs="*", help="names of rows; without them all")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32], help="one or several numbers")
    parser.add_argument("--workers", type=int, default=2, help="web processes of each side")
    parser.add_argument("--supply", type=int, default=40_000, help="how much is made of what is used up")
    return parser.parse_args()


if __name__ == "__main__":
    main()
