"""doctor:memory (runbook R009, R058): there is memory left, for the machine and for each unit.

What counts is what is available, not what is free; and of a unit what it holds itself, without the files that
the kernel keeps for it.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.doctor import proc
from ops.doctor.check import Finding, Result
from ops.doctor.findings import together
from ops.doctor.machine import HERE, UNITS, Machine, number, table, text
from ops.doctor.whereabouts import Whereabouts

LITTLE, NEXT_TO_NOTHING = 0.1, 0.03  # of the machine's memory
MUCH = 0.9  # of what a unit may have
SERVERS = ("mongod", "redis-server", "sbd-redis-broker")
SHOWN = 5
KILLED = re.compile(r"(?:Out of memory|Memory cgroup out of memory): Killed process (\d+) \(([^)]*)\)")
LATELY_SECONDS = 1800.0
MOST_RECORDS = 20_000
RECORD_BYTES = 8_192
KB, MB, GB = 2**10, 2**20, 2**30
BIGGEST = "ps -eo pid,user,rss,comm --sort=-rss | head -n 11"


def look(where: Whereabouts, machine: Machine = HERE) -> Finding:
    """Read what the kernel counts."""
    counted = {name: value * KB for name, value in table(machine.read("meminfo")).items()}
    if not {"MemTotal", "MemAvailable"} <= counted.keys():
        evidence, cause = "the kernel does not say how much memory there is", "there is no /proc here"
        return Finding(Result.COULD_NOT_LOOK, (evidence,), cause)
    killed = _killed_lately(machine)
    facts = [_told(counted, machine), f"largest: {_largest()}"]
    troubles = [
        *_of_the_machine(counted),
        *_of_the_killed(killed),
        *(trouble for unit, group in _groups(machine) for trouble in _of_a_group(where, unit, group)),
    ]
    return together(facts, troubles)


def _told(counted: Mapping[str, int], machine: Machine) -> str:
    total, available = counted["MemTotal"], counted["MemAvailable"]
    line = f"{available / total:.0%} of {total / GB:.1f} GB available"
    if swap := counted.get("SwapTotal", 0):
        line += f", {(swap - counted.get('SwapFree', 0)) / GB:.1f} of {swap / GB:.1f} GB of swap in use"
    if times := table(machine.read("vmstat")).get("oom_kill", 0):
        line += f", {times} killed for want of memory since the machine was started"
    for unit, group in _groups(machine):
        if times := table(text(group / "memory.events")).get("oom_kill", 0):
            line += f", {times} of {unit} killed since that was started"
    return line


def _largest() -> str:
    """Name programs, never their arguments: one of them may be a password."""
    sizes = Counter[str]()
    for each in proc.stats().values():
        sizes[each.name] += each.resident
    return ", ".join(f"{name} {size / MB:,.0f} MB" for name, size in sizes.most_common(SHOWN))


def _of_the_machine(counted: Mapping[str, int]) -> Iterator[Finding]:
    share = counted["MemAvailable"] / counted["MemTotal"]
    if share < LITTLE:
        result = Result.FAILED if share < NEXT_TO_NOTHING else Result.DEGRADED
        evidence = f"{counted['MemAvailable'] / MB:,.0f} MB available, {share:.0%} of what there is"
        cause = "the machine is too small for what runs on it, or one of the largest grows"
        yield Finding(result, (evidence,), cause, BIGGEST)


def _of_the_killed(killed: Mapping[str, int]) -> Iterator[Finding]:
    if killed:
        named = ", ".join(f"{name} ({times} times)" if times > 1 else name for name, times in killed.items())
        evidence = f"killed by the kernel in the last {LATELY_SECONDS / 60:.0f} minutes: {named}"
        cause = "there was no memory left, of the machine's or of what its unit may have"
        yield Finding(Result.DEGRADED, (evidence,), cause, BIGGEST)


def _killed_lately(machine: Machine) -> Counter[str]:
    """Return programs that the kernel killed for want of memory, and how often, as far as we may read it."""
    uptime = text(machine.proc / "uptime").split()
    if not uptime:
        return Counter()
    since = float(uptime[0]) - LATELY_SECONDS
    killed = Counter[str]()
    for record in _records(machine.kernel_log):
        head, _, message = record.partition(";")
        fields = head.split(",")  # level, number, microseconds since the start of the machine, flags
        if len(fields) > 2 and fields[2].isdecimal() and int(fields[2]) / 1e6 >= since:  # noqa: PLR2004  # as above
            killed.update(match[2] for match in [KILLED.search(message)] if match)
    return killed


def _records(log: Path) -> Iterator[str]:
    """Yield what the kernel logged; a read from it gives one record, and an error when there is none left."""
    try:
        file = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        for _ in range(MOST_RECORDS):
            try:
                told = os.read(file, RECORD_BYTES)
            except BrokenPipeError:  # the oldest was overwritten meanwhile; the next is there
                continue
            except OSError:
                return
            if not told:
                return
            yield from told.decode(errors="replace").splitlines()
    finally:
        os.close(file)


def _groups(machine: Machine) -> Iterator[tuple[str, Path]]:
    """Yield what has a limit of its own: units, and the container that all of this may be."""
    for unit in (*UNITS.values(), *SERVERS):
        if group := machine.group(unit):
            yield unit, group
    yield "this container", machine.cgroups


def _of_a_group(where: Whereabouts, unit: str, group: Path) -> Iterator[Finding]:
    most, used = number(group / "memory.max"), table(text(group / "memory.stat")).get("anon")
    if not most or used is None or used < MUCH * most:
        return
    evidence = f"{unit} holds {used / MB:,.0f} MB of the {most / MB:,.0f} MB that it may have (MemoryMax)"
    cause = "it has more workers than it has memory for, or one of them grows"
    in_unit = where.production and unit in UNITS.values()
    remedy = f"sudo systemctl show {unit} --property=MemoryMax,MemoryHigh,MemoryCurrent"
    yield Finding(Result.DEGRADED, (evidence,), cause, remedy if in_unit else BIGGEST)
