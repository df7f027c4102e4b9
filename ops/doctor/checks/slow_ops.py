"""doctor:slow_ops (runbook R054, R060): which of the product's operations take long, and for whom.

Only its own: what MongoDB does for itself, an index that is built, a backup and doctor may take their time.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ops.doctor.check import Finding, Result
from ops.doctor.mongo_admin import asked
from ops.doctor.mongo_probe import LOCKED, UNLOCK, WHY_LOCKED
from ops.doctor.whereabouts import Whereabouts

LONG_SECONDS = 5
SHOWN = 3
# What the product calls itself at the server: sbd-web, sbd-worker, sbd-beat, sbd-metrics, sbd-shell.
OURS = "sbd-"
PATIENT = frozenset({"sbd-doctor", "sbd-backup"})
DOCTOR = "manage.py doctor"
# Waits for news, builds an index, or is such a look itself.
NOT_SLOW = frozenset({"hello", "isMaster", "ismaster", "createIndexes", "currentOp", "fsync"})
KILL = ".venv/bin/python manage.py doctor --fix kill_op --opid"
ASKED = {
    "currentOp": 1,
    "active": True,
    "secs_running": {"$gte": LONG_SECONDS},
}


class Slow(NamedTuple):
    """An operation that takes long; ``said``: route or job, and request id."""

    opid: int | str
    seconds: int
    what: str
    said: str


def look(where: Whereabouts) -> Finding:
    """Ask for what runs for long, and whether somebody has locked all writes out."""
    answer = asked(where, ASKED)
    if isinstance(answer, Finding):
        return answer
    if answer.get("fsyncLock"):
        return Finding(Result.FAILED, (LOCKED,), WHY_LOCKED, UNLOCK, due_to=("mongo",))
    return judged(slow(answer["inprog"]))


def slow(operations: Sequence[Mapping[str, Any]]) -> list[Slow]:
    """Return which of these operations are the product's and slow, the slowest first."""
    found = [_described(each) for each in operations if _is_ours(each)]
    return sorted(
        (each for each in found if not each.said.startswith(DOCTOR)), key=lambda each: -each.seconds
    )


def judged(found: Sequence[Slow]) -> Finding:
    """Say what slow operations mean."""
    if not found:
        return Finding(Result.OK, (f"no operation of ours runs for {LONG_SECONDS} s",))
    shown = tuple(
        f"opid {each.opid}: {each.what} for {each.seconds} s, by {each.said}" for each in found[:SHOWN]
    )
    more = (f"and {len(found) - SHOWN} more",) if len(found) > SHOWN else ()
    cause = "an index is missing, it reads very much, or it waits for another that holds what it needs"
    return Finding(
        Result.DEGRADED,
        (*shown, *more),
        cause,
        f"{KILL} {found[0].opid}",
        due_to=("schema", "saturation"),
    )


def _is_ours(operation: Mapping[str, Any]) -> bool:
    name = str(operation.get("appName", ""))
    command = _command(operation)
    return (
        name.startswith(OURS)
        and name not in PATIENT
        and operation.get("secs_running", 0) >= LONG_SECONDS
        and NOT_SLOW.isdisjoint(command)
        and not _is_stream(command)
    )


def _described(operation: Mapping[str, Any]) -> Slow:
    command = _command(operation)
    name = next(iter(command), str(operation.get("op", "?")))
    return Slow(
        operation["opid"],
        int(operation["secs_running"]),
        f"{name} on {operation.get('ns', '?')}",
        str(command.get("comment") or operation["appName"]),
    )


def _command(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was asked; of the later parts of a long answer, what was asked first."""
    command: Mapping[str, Any] = operation.get("command", {})
    begun: Mapping[str, Any] = operation.get("cursor", {}).get("originatingCommand", {})
    return begun or command


def _is_stream(command: Mapping[str, Any]) -> bool:
    pipeline = command.get("pipeline", [])
    return bool(pipeline) and any(
        "$changeStream" in stage for stage in pipeline if isinstance(stage, Mapping)
    )
