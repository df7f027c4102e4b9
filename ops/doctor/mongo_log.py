"""Why mongod ended, as its log tells: its last words, its exit code, and whether its data are damaged.

Read only where the log is at hand: of the demo's own server, and of one on this machine as it is deployed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.doctor.listeners import LOOPBACK
from ops.doctor.whereabouts import Whereabouts
from ops.embedded.layout import Layout
from ops.embedded.tail import Tail
from ops.logs.scrubbing import scrubbed

DEPLOYED = Path("/var/log/mongodb/mongod.log")
STARTING, ENDED = "MongoDB starting", "Shutting down"
FATAL, ERROR = "F", "E"
ABORTED = 14
MOST_SHOWN = 240
CORRUPTION = re.compile(
    r"data corruption|WT_TRY_SALVAGE|checksum error|WT_PANIC|fatal log failure", re.IGNORECASE
)
NO_SPACE = re.compile(r"No space left|out of disk space|OutOfDiskSpace", re.IGNORECASE)
# Source: MongoDB's manual, "Exit Codes and Statuses".
EXITS = {
    0: "it was told to stop; a start helps",
    2: "its options are wrong, or do not go together; no restart helps before they are mended",
    ABORTED: "it met a fault that it cannot go on with; a restart most likely ends in the same",
    48: "another process has its port; no restart helps before that one is gone",
    62: "its data are of another version of MongoDB; no restart helps before the right one is installed",
    100: "its data directory is missing, locked, or not its own; no restart helps before that is mended",
}
KILLED = (
    "its log ends in the middle, so it was killed, by hand or by the kernel for want of memory; a start helps"
)
OTHERWISE = "its manual tells what that means"


@dataclass(frozen=True, slots=True)
class LastWords:
    """What the log says of the end of the last run.

    Attributes:
        evidence: for people, without secrets.
        why: what its exit code means.
        is_corrupt: whether it complains of damaged data.
        due_to: checks that would explain it.
    """

    evidence: tuple[str, ...]
    why: str
    is_corrupt: bool
    due_to: tuple[str, ...]


def last_words(where: Whereabouts, host: str, port: int | None) -> LastWords | None:
    """Return how the server that has an address ended; ``None``: there is no log of it, or it has not ended.

    Args:
        where: what is looked at.
        host: of the server.
        port: of the server; ``None``: the demo's own, whatever it had.
    """
    if host not in LOOPBACK:
        return None
    path = DEPLOYED if where.production else Layout(where.var.absolute()).log / "mongod.log"
    try:
        run = _last_run([_parsed(line) for line in Tail(path).lines()])
    except OSError:
        return None
    begun_on = next((_attributes(each).get("port") for each in run if each.get("msg") == STARTING), None)
    is_its = port is None or begun_on == port or (where.production and begun_on is None)
    return judged(run) if run and is_its else None


def judged(run: Sequence[dict[str, Any]]) -> LastWords:
    """Say what the lines of one run tell of its end."""
    loud = _loudest(run)
    code = next((_attributes(each)["exitCode"] for each in reversed(run) if _is_end(each)), None)
    if code is None and any(each.get("s") == FATAL for each in run):
        code = ABORTED
    complaints = " ".join(json.dumps(each) for each in run if each.get("s") in {FATAL, ERROR})
    evidence = [f"mongod's log, {_moment(loud)}: {_sentence(loud)}"] if loud and code != 0 else []
    evidence += [f"it ended with exit code {code}"] if code is not None else []
    due_to = (("memory",) if code is None else ()) + (("disk",) if NO_SPACE.search(complaints) else ())
    why = KILLED if code is None else EXITS.get(code, OTHERWISE)
    return LastWords(tuple(evidence), why, bool(CORRUPTION.search(complaints)), due_to)


def _last_run(lines: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    begins = [number for number, each in enumerate(lines) if each.get("msg") == STARTING]
    return lines[begins[-1] :] if begins else lines


def _loudest(run: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first fatal line, which the others follow from; else the last error."""
    fatal = [each for each in run if each.get("s") == FATAL]
    errors = [each for each in run if each.get("s") == ERROR]
    return fatal[0] if fatal else errors[-1] if errors else None


def _is_end(line: dict[str, Any]) -> bool:
    return line.get("msg") == ENDED and "exitCode" in _attributes(line)


def _attributes(line: dict[str, Any]) -> dict[str, Any]:
    attributes = line.get("attr")
    return attributes if isinstance(attributes, dict) else {}


def _sentence(line: dict[str, Any]) -> str:
    error = _attributes(line).get("error") or _attributes(line).get("reason") or ""
    detail = error.get("errmsg", "") if isinstance(error, dict) else str(error)
    said = scrubbed(f"{line.get('msg', '')}{f': {detail}' if detail else ''}")
    return said if len(said) <= MOST_SHOWN else f"{said[:MOST_SHOWN]}…"


def _moment(line: dict[str, Any]) -> str:
    try:
        moment = datetime.fromisoformat(line["t"]["$date"])
    except (KeyError, TypeError, ValueError):
        return "at an unknown time"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _parsed(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
