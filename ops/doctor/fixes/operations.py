"""fix:kill_op (runbook R061): ends one operation of the product in MongoDB, and sees whether it is gone."""

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from pymongo.errors import OperationFailure

from ops import process
from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines, Option
from ops.doctor.fixes.noting import note
from ops.mongo.collections import Document
from ops.profiling.slowest import LONGEST_SHAPE, PARTS, shape_of

NAME, OPID = "kill_op", "opid"
APPS = frozenset(
    f"sbd-{role}" for role in (process.WEB, process.WORKER, process.BEAT, process.METRICS, process.SHELL)
)
# What only reads or writes documents may be ended; else it may build an index, commit or replicate.
ENDABLE = frozenset(
    {"find", "aggregate", "count", "distinct", "getMore", "insert", "update", "delete", "findAndModify"}
)
# How the server calls the parts of these commands that it is at.
KINDS = {"query": "find", "getmore": "getMore", "insert": "insert", "update": "update", "remove": "delete"}
UNAUTHORIZED = 13
# A killed operation ends where it next looks whether it should.
SECONDS, PAUSE_SECONDS = 3.0, 0.1
MICROSECONDS = 1_000_000
_FIRST_WORD = re.compile(r"\W*(\w+)")


def plan(given: Given, _now: datetime) -> Lines:
    """Show it: what, how long, whose."""
    found = _wanted(given)
    return () if found is None else (f"end {_told(found)}",)


def apply(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """End it, and look again: the server says yes to any number."""
    found = _wanted(given)
    if found is None:
        return ()
    opid, said = found["opid"], _told(found)
    after = {"opid": opid, "app": found["appName"], "operation": _name(found), "collection": found["ns"]}
    note(NAME, after, actor=actor, reason=reason, now=now)
    _admin().command({"killOp": 1, "op": opid})
    until = time.monotonic() + SECONDS
    while (still := _operation(opid)) is not None and time.monotonic() < until:
        time.sleep(PAUSE_SECONDS)
    if still is None:
        return (f"ended {said}",)
    return (f"told to end, and not gone yet: {said}", f"look again: doctor --fix {NAME} --opid {opid}")


def _wanted(given: Given) -> Document | None:
    """Return the operation; ``None``: there is none of this number, or none any more.

    Raises:
        CannotMendError: the number is none, or the operation is not to be ended.
    """
    if not given[OPID].isdecimal():
        raise CannotMendError("--opid is a number, as doctor and db.currentOp() show it.")
    found = _operation(int(given[OPID]))
    if found is not None and (why := _refusal(found)):
        raise CannotMendError(f"Not ended: {why} ({_told(found)}).")
    return found


def _refusal(found: Mapping[str, Any]) -> str | None:
    if "client" not in found and "connectionId" not in found:
        return "it is an operation of MongoDB's own"
    if found.get("appName") not in APPS:
        return "it is none of the product's own"
    if _name(found) not in ENDABLE:
        return "it is no search, and no change of documents"
    connection: Any = connections["default"]
    databases = {connection.settings_dict["NAME"], settings.CONTROL_DATABASE_NAME}
    if str(found.get("ns", "")).partition(".")[0] not in databases:
        return "it is on another database than the product's"
    return None


def _operation(opid: int) -> Document | None:
    try:
        return _current(opid, everybodys=True)
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        return _current(opid, everybodys=False)  # the product's own are of the same login


def _current(opid: int, *, everybodys: bool) -> Document | None:
    asked = {"currentOp": 1, "$ownOps": not everybodys, "opid": opid}
    found: list[Document] = _admin().command(asked)["inprog"]
    return found[0] if found else None


def _told(found: Mapping[str, Any]) -> str:
    command = found.get("command", {})
    seconds = found.get("microsecs_running", 0) / MICROSECONDS
    collection = str(found.get("ns", "")).partition(".")[2]
    shape = shape_of({part: command[part] for part in PARTS if part in command})[:LONGEST_SHAPE]
    app = found.get("appName") or found.get("desc", "nobody")
    comment = f", {command['comment']}" if command.get("comment") else ""
    return f"{found['opid']}: {_name(found)} {collection} {shape}, for {seconds:.1f} s, by {app}{comment}"


def _name(found: Mapping[str, Any]) -> str:
    if kind := KINDS.get(str(found.get("op"))):
        return kind
    command = found.get("command", {})
    # Of a long command the server shows the beginning, as text.
    first = _FIRST_WORD.match(str(command.get("$truncated") or next(iter(command), "")))
    return first.group(1) if first else str(found.get("op"))


def _admin() -> Any:
    connection: Any = connections["default"]
    connection.ensure_connection()
    return connection.connection.admin


FIX = Fix(
    NAME,
    5,
    "End one operation of the product in MongoDB",
    "Whoever asked for it gets an error; a change that was under way is undone as a whole.",
    plan,
    apply,
    options=(Option(OPID, "number of the operation, as doctor shows it", required=True),),
    mends=("slow_ops",),
)
