"""doctor:saturation (runbook R010, R050, R051, R057, R059): processors, disks and memory keep up.

A machine that is busy and quick is well: a processor is short only if somebody waits for it.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ops import process
from ops.doctor import calls, proc, processes
from ops.doctor.check import Finding, Result
from ops.doctor.findings import together
from ops.doctor.machine import HERE, Machine
from ops.doctor.processes import Process
from ops.doctor.whereabouts import Whereabouts

# Shares of time, in percent, in which nobody at all could go on for want of it (``full``).
MUCH_IO, MUCH_MEMORY = 40.0, 20.0
# Of the processor only that somebody had to wait is told (``some``), which is usual under load.
MUCH_CPU, LOAD_A_CORE = 60.0, 2.0
SLOW_MS, LIVE = 500.0, "/health/live"
SECONDS, LEAST_SECONDS = 1.0, 0.3
# What a web worker should need, and what none needs that is well.
GOAL_BYTES, LARGE_BYTES = 150 * 2**20, 500 * 2**20
SHOWN = 4
BUSIEST = "ps -eo pid,user,pcpu,stat,comm --sort=-pcpu | head -n 11"


def look(where: Whereabouts, machine: Machine = HERE) -> Finding:
    """Read what the kernel tells, and see how busy whom keeps the machine meanwhile."""
    ours = processes.running(where)
    before, started = _spent(ours), time.monotonic()
    live = _live(where)
    time.sleep(max(0.0, started + LEAST_SECONDS - time.monotonic()))
    shares = _shares(before, _spent(ours), time.monotonic() - started)
    pressures = {name: machine.pressure(name) for name in ("cpu", "io", "memory")}
    load = machine.read("loadavg").split()[:2]
    cores = os.cpu_count() or 1
    facts = [
        f"load {' and '.join(load) or 'not told'} on {cores} cores; {_told(pressures)}",
        f"processor: {shares}{_workers(ours)}",
    ]
    is_crowded = bool(load) and float(load[0]) > LOAD_A_CORE * cores
    troubles = [
        *_of_waiting(pressures),
        *_of_the_processor(live, is_crowded=is_crowded or pressures["cpu"].get("some10", 0) > MUCH_CPU),
        *_of_workers(ours),
    ]
    return together(facts, troubles)


def _live(where: Whereabouts) -> float | None:
    """Return after how many milliseconds the web process answers; ``None``: it does not."""
    port = where.web_port
    if port is None:
        return None
    try:
        return calls.best(port, LIVE, enough=SLOW_MS, seconds=SECONDS).milliseconds
    except calls.Unanswered:
        return None


def _spent(ours: Sequence[Process]) -> dict[int, tuple[str, float]]:
    """Return of each process whose it is and its processor time: a role of ours, or the program's name."""
    roles = {each.pid: each.role for each in ours}
    return {pid: (roles.get(pid) or each.name, each.seconds) for pid, each in proc.stats().items()}


def _shares(
    before: Mapping[int, tuple[str, float]], after: Mapping[int, tuple[str, float]], seconds: float
) -> str:
    used: Counter[str] = Counter()
    for pid, (name, spent) in after.items():
        if pid in before and pid != os.getpid():
            used[name] += round(100 * (spent - before[pid][1]) / seconds)
    shown = [f"{name} {share} %" for name, share in used.most_common(SHOWN) if share > 0]
    return ", ".join(shown) or "idle"


def _told(pressures: Mapping[str, Mapping[str, float]]) -> str:
    if not any(pressures.values()):
        return "the kernel does not tell who waits"
    some = [f"{name} {told['some60']:.0f} %" for name, told in pressures.items() if "some60" in told]
    return f"waited for in the last minute: {', '.join(some)}"


def _workers(ours: Sequence[Process]) -> str:
    sizes = _sizes(ours)
    if not sizes:
        return ""
    shown = ", ".join(f"{size / 2**20:.0f}" for size in sizes.values())
    return f"; web workers hold {shown} MB (goal {GOAL_BYTES / 2**20:.0f})"


def _sizes(ours: Sequence[Process]) -> dict[int, int]:
    """Return what each process that answers calls holds; a master that has workers answers none."""
    masters = {each.stat.parent for each in ours}
    web = [each for each in ours if each.role == process.WEB and not each.is_over]
    return {each.pid: each.stat.resident for each in web if each.pid not in masters}


def _of_waiting(pressures: Mapping[str, Mapping[str, float]]) -> Iterator[Finding]:
    io, memory = pressures["io"].get("full60", 0.0), pressures["memory"].get("full60", 0.0)
    if memory >= MUCH_MEMORY:
        evidence = f"in {memory:.0f} % of the last minute everybody waited for memory"
        cause = "there is too little of it, and what is needed is read from disk again and again"
        memory_remedy = ".venv/bin/python manage.py doctor --section 1"
        yield Finding(Result.DEGRADED, (evidence,), cause, memory_remedy, due_to=("memory",))
    if io >= MUCH_IO:
        evidence = f"in {io:.0f} % of the last minute everybody waited for a disk"
        cause = "a disk is too slow for what is read and written: by MongoDB, a backup, or a stranger"
        yield Finding(Result.DEGRADED, (evidence,), cause, BUSIEST, due_to=("memory", "disk"))


def _of_the_processor(live: float | None, *, is_crowded: bool) -> Iterator[Finding]:
    if is_crowded and live is not None and live > SLOW_MS:
        evidence = f"the web process took {live:,.0f} ms for {LIVE}, and many wait for the processor"
        cause = "more is asked for than the processor can do, or something else keeps it busy"
        yield Finding(Result.DEGRADED, (evidence,), cause, BUSIEST)


def _of_workers(ours: Sequence[Process]) -> Iterator[Finding]:
    large = {pid: size for pid, size in _sizes(ours).items() if size > LARGE_BYTES}
    if large:
        named = ", ".join(f"{pid} ({size / 2**20:.0f} MB)" for pid, size in large.items())
        evidence = f"web workers that have grown: {named}"
        cause = "it holds on to what it should let go"
        pids = ",".join(str(pid) for pid in large)
        yield Finding(Result.DEGRADED, (evidence,), cause, f"ps -o pid,etime,rss,pcpu,comm -p {pids}")
