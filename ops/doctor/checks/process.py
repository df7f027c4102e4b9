"""doctor:process (runbook R001, R003, R007): what should run on this machine runs, and is not stopped.

Units that are enabled should run; and whoever has said that it lives, and never that it ends. Whether work
passes through them other checks tell.
"""

import os
import socket
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as LateError
from datetime import timedelta

from ops import process
from ops.doctor import listeners, processes
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.findings import together, without_settings
from ops.doctor.machine import HERE, UNITS, Machine
from ops.doctor.processes import Process
from ops.doctor.runner import begin
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import wellbeing
from ops.jobs.wellbeing import Picture
from ops.mongo.collections import Document

# Whoever starts so often is not started by people. systemd gives up at five in five minutes.
MANY_STARTS, STARTS_WITHIN = 5, timedelta(minutes=5)
MANY_DEATHS, DEATHS_WITHIN, TOGETHER = 4, timedelta(minutes=3), timedelta(seconds=15)
# Whoever has held out for longer than this no longer starts over and over.
JUST_NOW = timedelta(minutes=1)
REMEMBER_SECONDS = 0.8
# Who died before that is no news.
MISSED_FOR = timedelta(hours=1)
SETTLES_SECONDS = 0.6
STARTS_READ = 100
ROLES = (*process.SERVING, process.METRICS)


def look(where: Whereabouts, machine: Machine = HERE) -> Finding:
    """Compare the processes that there are with those that should be there."""
    if where.web_port is None:
        return without_settings("PORT is not the number of a port")
    picture, starts = _remembered(where)
    every = _settled(where, {each["pid"] for each in _of_here(picture) if _lives(each)})
    is_blind = machine.hides_others() and os.geteuid() != 0
    if not every and not is_blind and listeners.holder(where.web_port) is None:
        return _nothing(where, picture)
    troubles = [
        *_of_stopped(every),
        *_of_units(where, machine, every),
        *_of_missing(where, every, picture if not is_blind else None),
        *_of_uncollected(every),
        *_of_workers(where, every),
        *_of_restarts(where, picture, starts),
    ]
    return together([_told(every, is_blind=is_blind)], troubles)


def _told(every: Sequence[Process], *, is_blind: bool) -> str:
    if not every:
        return (
            "processes of others are hidden from this one"
            if is_blind
            else "nothing of ours runs on this machine"
        )
    parts = []
    for role in ROLES:
        for leader in (each for each in every if each.role == role and each.leads):
            below = len(processes.children(every, leader))
            more = f" with {below} below it" if below else ""
            parts.append(f"{role} {leader.pid}{more} for {_span(leader.age)}")
    return ", ".join(parts)


def _nothing(where: Whereabouts, picture: Picture | None) -> Finding:
    last = max((each["seen_at"] for each in _of_here(picture)), default=None)
    since = (
        f"; the last was seen at {last:%Y-%m-%d %H:%M:%S} UTC, and did not say that it ends" if last else ""
    )
    return Finding(
        Result.FAILED,
        (f"nothing of ours runs on this machine{since}",),
        "it was killed" if last else "it was stopped, or never started",
        _start(where, process.WEB),
        due_to=("settings", "disk", "memory"),
    )


def _of_stopped(every: Iterable[Process]) -> Iterator[Finding]:
    stopped = [each for each in every if each.is_stopped]
    if stopped:
        named = ", ".join(f"{each.role} {each.pid}" for each in stopped)
        pids = " ".join(str(each.pid) for each in stopped)
        cause = "a signal stopped it: it keeps its port and what it had begun, and does nothing"
        yield Finding(Result.FAILED, (f"stopped: {named}",), cause, f"kill -CONT {pids}")


def _of_units(where: Whereabouts, machine: Machine, every: Sequence[Process]) -> Iterator[Finding]:
    """Compare what systemd is to start with what it has groups of."""
    if not where.production or not machine.has_systemd():
        return
    here = {each.role for each in every if not each.is_over}
    missing = [
        unit
        for role, unit in UNITS.items()
        if role not in here and machine.is_enabled(unit) and machine.group(unit) is None
    ]
    if missing:
        yield Finding(
            Result.FAILED,
            (f"enabled, and not running: {', '.join(missing)}",),
            "it was stopped, or it ended and systemd no longer starts it (five times in five minutes)",
            f"sudo systemctl status {' '.join(missing)}",
            due_to=("settings", "disk", "memory"),
        )


def _of_missing(where: Whereabouts, every: Sequence[Process], picture: Picture | None) -> Iterator[Finding]:
    """Find those who said that they live, and never that they end, and whom nobody replaced."""
    if picture is None:
        return
    dead = [each for each in _of_here(picture) if not _lives(each)]
    for role in process.SERVING:
        gone = [each for each in dead if each["role"] == role and picture.now - each["seen_at"] < MISSED_FOR]
        living = [each for each in picture.living(role) if each not in gone]
        if gone and not living and not any(each.role == role for each in every):
            last = max(gone, key=lambda each: each["seen_at"])
            evidence = f"{role} {last['pid']} is gone, and did not say that it ends"
            cause = "it was killed, or it fell"
            yield Finding(Result.FAILED, (evidence,), cause, _start(where, role), due_to=("disk", "memory"))
        died = [picture.now - each["seen_at"] for each in gone]
        # Who shared a master died with it, once.
        times = len({age // TOGETHER for age in died if age < DEATHS_WITHIN})
        if times >= MANY_DEATHS and min(died) < JUST_NOW and living:
            evidence = f"{role} died {times} times in {DEATHS_WITHIN.seconds // 60} minutes"
            cause = "they are killed, or fall, again and again: the log of the unit says why"
            yield Finding(Result.DEGRADED, (evidence,), cause, _log(where, role), due_to=("memory",))


def _settled(where: Whereabouts, known: Collection[int]) -> list[Process]:
    """Return what runs; look twice, if something has just ended: it is collected, or replaced, soon."""
    every = processes.running(where, known)
    if not any(each.is_over or _lacks(every, each) for each in every):
        return every
    over = {each.pid for each in every if each.is_over}
    time.sleep(SETTLES_SECONDS)
    return [each for each in processes.running(where, known) if not each.is_over or each.pid in over]


def _lacks(every: Sequence[Process], leader: Process) -> bool:
    """Tell whether a master has fewer workers than it should have."""
    wanted = leader.wanted or 1
    return leader.leads and wanted > 1 and len(processes.children(every, leader)) < wanted


def _of_uncollected(every: Sequence[Process]) -> Iterator[Finding]:
    left = [each for each in every if each.is_over]
    if left:
        parents = dict.fromkeys(str(each.stat.parent) for each in left)
        evidence = f"ended, and not collected: {', '.join(f'{each.role} {each.pid}' for each in left)}"
        cause = "whoever started it hangs, or is stopped"
        yield Finding(Result.DEGRADED, (evidence,), cause, f"ps -fp {','.join(parents)}")


def _of_workers(where: Whereabouts, every: Sequence[Process]) -> Iterator[Finding]:
    orphans = [str(each.pid) for each in every if each.spawned and each.leads]
    if orphans:
        cause = "whoever started them was killed: they go on, and nobody replaces them"
        evidence = f"without the one that started them: {', '.join(orphans)}"
        yield Finding(Result.DEGRADED, (evidence,), cause, f"ps -fp {','.join(orphans)}", due_to=("memory",))
    for leader in every:
        if _lacks(every, leader) and not leader.is_stopped:
            has = len(processes.children(every, leader))
            evidence = f"{leader.role} {leader.pid} has {has} of its {leader.wanted} workers"
            cause = "they end as soon as they are started: the log of the unit says why"
            yield Finding(Result.DEGRADED, (evidence,), cause, _log(where, leader.role), due_to=("memory",))


def _of_restarts(
    where: Whereabouts, picture: Picture | None, starts: Iterable[Document]
) -> Iterator[Finding]:
    if picture is None:
        return
    here, since = socket.gethostname(), picture.now - STARTS_WITHIN
    recent = {each["of"]: each for each in starts if each["host"] == here and each["at"] > since}
    for role, times in Counter(each["role"] for each in recent.values()).items():
        last = max(each["at"] for each in recent.values() if each["role"] == role)
        if times >= MANY_STARTS and picture.now - last < JUST_NOW:
            evidence = f"{role} was started {times} times in {STARTS_WITHIN.seconds // 60} minutes"
            cause = "it ends soon after each start: its log says why"
            yield Finding(Result.DEGRADED, (evidence,), cause, _log(where, role), due_to=("memory",))


def _remembered(where: Whereabouts) -> tuple[Picture | None, list[Document]]:
    """Return the heartbeats and the latest starts; without them, when MongoDB does not tell them soon.

    What runs can be seen without, and why MongoDB does not answer other checks tell.
    """
    try:
        found = begin("heartbeats", lambda: ask(where, _read)).result(REMEMBER_SECONDS)
    except LateError:
        return None, []
    return (None, []) if isinstance(found, Finding) else found


def _read() -> tuple[Picture, list[Document]]:
    from ops.deployments import recording  # noqa: PLC0415  # only when Django is set up

    return wellbeing.picture(), recording.latest(STARTS_READ)


def _of_here(picture: Picture | None) -> list[Document]:
    """Return the heartbeats of processes of this machine."""
    here = socket.gethostname()
    beats = picture.beats if picture else ()
    return [each for each in beats if each.get("role") in process.SERVING and each["host"] == here]


def _lives(beat: Document) -> bool:
    """Tell whether it is still this process that has the number, and not one that came later."""
    return processes.looks_like(beat["role"], beat["pid"])


def _start(where: Whereabouts, role: str) -> str:
    return f"sudo systemctl status {UNITS[role]}" if where.production else "make run"


def _log(where: Whereabouts, role: str) -> str:
    if where.production:
        return f"sudo journalctl -u {UNITS[role]} -n 50 --no-pager"
    return ".venv/bin/python manage.py doctor --section 1"


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
