"""doctor:nginx (runbook R042, R107): nginx lets calls through to the web process, and compresses what it may.

Only where the public address is one with TLS: in front of any other no nginx is needed.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from ops import clock
from ops.doctor import calls, listeners, servers, site
from ops.doctor.calls import Answer
from ops.doctor.check import Finding, Result
from ops.doctor.findings import together
from ops.doctor.listeners import Holder
from ops.doctor.whereabouts import Whereabouts

LIVE, LONG_TEXT = "/health/live", "/docs/errors"
SECONDS = 0.5
# What nginx writes of calls that it could not pass on, and what that means.
MEANINGS = {
    "connect() failed (111": "nobody listened at the web process' port",
    "upstream timed out (110": "the web process took too long to answer",
    "no live upstreams": "nginx holds all web processes for dead",
    "prematurely closed connection": "the web process ended in the middle of an answer",
}
STAMP = re.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) ")
# What is older may have been mended, and is only told.
NOW, LATELY = timedelta(seconds=15), timedelta(minutes=5)
TAIL_BYTES = 256 * 2**10
STATUS = "sudo nginx -t; systemctl status nginx"
WEB = ("process", "port")
BUSY = ("disk", "memory", "saturation", "mongo", "slow_ops")


class Refused(NamedTuple):
    """Calls that were not passed on, by what that means: just now, and lately."""

    now: Counter[str]
    lately: Counter[str]


def look(where: Whereabouts) -> Finding:
    """Ask through it, and read what it wrote lately."""
    if where.faults:
        return site.unknown()
    public = site.public()
    if public is None:
        return Finding(Result.OK, ("the public address is one without TLS: no nginx is needed",))
    name, port = public
    holder = listeners.holder(port)
    if holder is None or (holder.pids and "nginx" not in holder.name):
        return _another(name, port, holder)
    if holder.stopped:
        return servers.stopped(f"port {port} of {name}", holder)
    return _asked(name, port)


def _another(name: str, port: int, holder: Holder | None) -> Finding:
    who = f"{holder.name} has" if holder else "nobody here listens on"
    if not site.is_here(name):
        return Finding(Result.OK, (f"{name} does not lead to this machine; {who} port {port}",))
    cause = "another program has taken its port" if holder else "nginx does not run"
    return Finding(Result.FAILED, (f"{who} port {port} of {name}",), cause, STATUS, due_to=("disk", "memory"))


def _asked(name: str, port: int) -> Finding:
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    refused = _refused(settings.NGINX_ERROR_LOG)
    told = _told(refused, settings.NGINX_ERROR_LOG)
    try:
        live = _live(name, port)
    except calls.Unanswered as error:
        evidence = f"nginx does not answer for {name}: {type(error).__name__}"
        cause = "the web process hangs behind it, or its site is not set up for this name"
        return Finding(Result.FAILED, (evidence, told), cause, STATUS, (*WEB, *BUSY))
    if live.status != HTTPStatus.OK:
        evidence = f"through nginx {LIVE} is answered with status {live.status}"
        cause = "nginx cannot reach the web process"
        return Finding(Result.FAILED, (evidence, told), cause, STATUS, due_to=WEB)
    facts = [f"nginx lets calls for {name} through, in {live.milliseconds:.0f} ms", told]
    return together(facts, [*_of_refused(refused), *_of_compression(name, port)])


def _live(name: str, port: int) -> Answer:
    """Ask twice: a machine that is busy may be late once."""
    try:
        return calls.get_by_name(port, name, LIVE, SECONDS)
    except calls.Unanswered:
        return calls.get_by_name(port, name, LIVE, SECONDS)


def _of_refused(refused: Refused | None) -> Iterator[Finding]:
    if refused and refused.now:
        evidence = f"in the last {NOW.seconds} s: {_counted(refused.now)}"
        cause = "the web process is restarted, or some of it hangs"
        remedy = ".venv/bin/python manage.py doctor --section 1"
        yield Finding(Result.DEGRADED, (evidence,), cause, remedy, (*WEB, *BUSY, "maintenance"))


def _of_compression(name: str, port: int) -> Iterator[Finding]:
    try:
        answer = calls.get_by_name(port, name, LONG_TEXT, SECONDS)
    except calls.Unanswered:  # what is slow other checks tell
        return
    if answer.status == HTTPStatus.OK and answer.headers.get("content-encoding") != "gzip":
        evidence = f"{LONG_TEXT}, {len(answer.body):,} bytes, comes without compression"
        cause = "its site does not say `gzip on`, as ours does; a reload alone turns nothing on"
        yield Finding(Result.DEGRADED, (evidence,), cause, "sudo nginx -T | grep -n gzip")


def _refused(log: Path) -> Refused | None:
    """Count what the log has of late; ``None``: it may not be read. Its lines hold paths, and stay here."""
    now, found = clock.now(), Refused(Counter(), Counter())
    try:
        lines = _tail(log)
    except FileNotFoundError:
        return found
    except OSError:
        return None
    for line in lines:
        age = now - at if (at := _at(line)) else LATELY
        for words, meaning in MEANINGS.items():
            if words in line and age < LATELY:
                found.lately[meaning] += 1
                found.now[meaning] += age < NOW
    return Refused(+found.now, found.lately)


def _tail(log: Path) -> list[str]:
    with log.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - TAIL_BYTES))
        return file.read(TAIL_BYTES).decode(errors="replace").splitlines()


def _at(line: str) -> datetime | None:
    """Return when a line was written; nginx writes the machine's own time."""
    match = STAMP.match(line)
    return datetime.strptime(match[1], "%Y/%m/%d %H:%M:%S").astimezone() if match else None


def _told(refused: Refused | None, log: Path) -> str:
    if refused is None:
        return f"{log} may not be read"
    if not refused.lately:
        return f"its log has no call of the last {LATELY.seconds // 60} minutes that was not passed on"
    return f"in the last {LATELY.seconds // 60} minutes: {_counted(refused.lately)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{meaning} ({_times(number)})" for meaning, number in counts.items())


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
