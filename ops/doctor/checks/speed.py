"""doctor:speed (runbook R005, R053): the web process is ready for calls, and quick.

What it answers without credentials: that it lives, and which of its parts are there. A read of documents, for
which it would want some, is measured from here.
"""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from http import HTTPStatus
from typing import Any

from ops.doctor import calls, servers
from ops.doctor.asking import ask
from ops.doctor.calls import Answer
from ops.doctor.check import Finding, Result
from ops.doctor.findings import together
from ops.doctor.runner import begin
from ops.doctor.whereabouts import Whereabouts

SLOW_MS = 500.0
NOBODYS = "fam_doctor"
LIVE, READY = "/health/live", "/health/ready"
ALIVE = {"status": "alive"}
# Each part that it asks has a second, and is waited for no longer; all of this together has less than two.
LIVE_SECONDS, READY_SECONDS, READ_SECONDS = 1.0, 1.5, 1.2
READS = 2
BEFORE = ("disk", "memory", "saturation")
DATABASE = ("mongo", "mongo_primary", "pool", "slow_ops", "replication_lag")
DUE_TO = (*BEFORE, *DATABASE, "redis", "queue", "smtp", "process")
HANGS = "a part that it asks hangs, or the machine is too busy"
SECTION = ".venv/bin/python manage.py doctor --section 5"
# What explains that the process wants no calls, by what it says itself.
OBSTACLES = {
    "maintenance": ("maintenance",),
    "migrations_missing": ("schema",),
    "no_primary": (*BEFORE, *DATABASE),
}
STANDS_STILL = frozenset({"draining", "maintenance"})


def look(where: Whereabouts) -> Finding:
    """Take the times, all at once, and read what it says of itself."""
    port = where.web_port
    if port is None:
        return _unseen("PORT is not the number of a port", "the settings are broken")
    until = time.monotonic() + READ_SECONDS
    reading = begin("read", lambda: ask(where, _read))
    asking = begin("ready", lambda: calls.best(port, READY, enough=SLOW_MS, seconds=READY_SECONDS))
    try:
        live = calls.best(port, LIVE, enough=SLOW_MS, seconds=LIVE_SECONDS)
    except calls.Unanswered as error:
        return _unseen(f"127.0.0.1:{port}: {type(error).__name__}", "the web process does not answer")
    if _said(live) != ALIVE:
        return _unseen(f"127.0.0.1:{port}: an answer of another program", "it has the web process' port")
    ready, read = _answer(asking), _figure(reading, until)
    took = {LIVE: live.milliseconds} | ({} if read is None else {"a read from MongoDB": read})
    return _judged(took, ready)


def _judged(took: dict[str, float], ready: Answer | None) -> Finding:
    if ready is None:
        silent = Finding(
            Result.DEGRADED, (f"{READY}: {servers.silence(READY_SECONDS)}",), HANGS, SECTION, DUE_TO
        )
        return together([_told(took)], [silent, *_slow(took)])
    said = _said(ready)
    unhealthy = _unhealthy(said)
    facts = [_told({**took, READY: ready.milliseconds})]
    if unhealthy:  # then it has waited for those, and other checks say why
        facts.append(f"unhealthy, as it says: {', '.join(unhealthy)}")
    else:
        took = {**took, READY: ready.milliseconds}
    return together(facts, [*_unready(ready, said), *_slow(took)])


def _answer(asking: "Future[Answer]") -> Answer | None:
    try:
        return asking.result(READY_SECONDS)
    except (LateError, *calls.Unanswered):
        return None


def _figure(reading: "Future[float | Finding]", until: float) -> float | None:
    """Return the milliseconds; ``None``: MongoDB did not answer, which its own checks tell."""
    try:
        found = reading.result(max(0.0, until - time.monotonic()))
    except LateError:
        return None
    return None if isinstance(found, Finding) else found


def _told(took: Mapping[str, float]) -> str:
    return ", ".join(f"{what}: {milliseconds:.0f} ms" for what, milliseconds in took.items())


def _read() -> float:
    """Return how long it takes to learn that there is no such family, on the index that every call uses."""
    from ops.mongo.collections import collection  # noqa: PLC0415  # only when Django is set up

    took = []
    for _ in range(READS):  # of a first one most may be for the connection
        started = time.perf_counter()
        collection("families").find({"_id": NOBODYS}, {"_id": 1}, limit=1)
        took.append((time.perf_counter() - started) * 1000)
    return min(took)


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _unhealthy(said: dict[str, Any]) -> list[str]:
    parts = said.get("components") or {}
    return [name for name, each in parts.items() if each.get("status") != "healthy"]


def _unready(answer: Answer, said: dict[str, Any]) -> Iterator[Finding]:
    if answer.status == HTTPStatus.OK:
        return
    obstacles = (said.get("details") or {}).get("obstacles") or [f"status {answer.status}"]
    result = Result.DEGRADED if set(obstacles) <= STANDS_STILL else Result.FAILED
    due_to = tuple(name for each in obstacles for name in OBSTACLES.get(each, DUE_TO))
    evidence = f"the web process wants no calls: {', '.join(obstacles)}"
    cause = "it was asked to end" if "draining" in obstacles else "what it needs for a call is not there"
    remedy = ".venv/bin/python manage.py doctor --section 2"
    yield Finding(result, (evidence,), cause, remedy, due_to)


def _slow(took: Mapping[str, float]) -> Iterator[Finding]:
    slow = [f"{what} took {each:,.0f} ms" for what, each in took.items() if each > SLOW_MS]
    if slow:
        cause = "the machine or MongoDB is too busy, or calls wait for each other"
        yield Finding(Result.DEGRADED, tuple(slow), cause, SECTION, DUE_TO)


def _unseen(evidence: str, cause: str) -> Finding:
    again = ".venv/bin/python manage.py doctor --section 1"
    return Finding(Result.COULD_NOT_LOOK, (evidence,), cause, again, ("port", *DUE_TO))
