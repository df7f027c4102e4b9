"""doctor:metrics (runbook R043): the page of the metrics answers, and every process that lives counts in it.

It is the figures of all processes together: of one that does not count, errors would be missing.
"""

import contextlib
import http.client
import socket
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus

import psutil
from prometheus_client.parser import text_string_to_metric_families

from ops import process
from ops.doctor import listeners
from ops.doctor.asking import ask, patience
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.runner import begin
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import wellbeing
from ops.jobs.wellbeing import Picture
from ops.metrics import exporter, page

HOST = "127.0.0.1"
SECONDS = 1.4
MOST_BYTES = 50_000_000
# In the command line of our exporter.
OURS = "manage.py metrics"
ALIVE, FAILURES = "processes_alive", "metrics_collection_errors"


def look(where: Whereabouts) -> Finding:
    """Read the page, and compare it with the heartbeats."""
    if where.faults:
        return without_settings("nothing says where the metrics are")
    port, until = page.port(), time.monotonic() + patience()
    asked = begin("metrics-counts", partial(ask, where, wellbeing.picture))
    try:
        counted = _counted(port)
    except ConnectionRefusedError:
        evidence, cause = f"{HOST}:{port}: connection refused", "the exporter does not run"
        return Finding(Result.FAILED, (evidence,), cause, _start(where), due_to=("process",))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _not_ours(port, type(error).__name__)
    if counted is None:
        return _not_ours(port, "an answer of another program")
    return _judged(where, port, counted, _answered(asked, until))


def _answered(asked: Future[Picture | Finding], until: float) -> Picture | None:
    """Return what MongoDB said of the processes, if it does in time; it was asked while the page was read."""
    with contextlib.suppress(TimeoutError):
        seen = asked.result(max(0.0, until - time.monotonic()))
        return None if isinstance(seen, Finding) else seen
    return None


def _judged(where: Whereabouts, port: int, counted: Mapping[str, int], seen: Picture | None) -> Finding:
    shown = ", ".join(f"{number} {role}" for role, number in counted.items())
    evidence = f"{HOST}:{port}{exporter.PATH} answered; processes that count: {shown}"
    if seen is None:  # that MongoDB is silent is for others to say
        return Finding(Result.OK, (evidence,))
    missing = [
        f"{lives} {role} live, {counted[role]} count"
        for role, lives in _living(seen).items()
        if lives > counted[role]
    ]
    if not missing:
        return Finding(Result.OK, (evidence,))
    cause = "they count in another directory than the exporter reads (METRICS_DIR), or it was emptied"
    return Finding(Result.DEGRADED, (evidence, *missing), cause, _restart(where))


def _counted(port: int) -> dict[str, int] | None:
    """Return how many processes count, by role; ``None``: this is not our page."""
    connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        connection.request("GET", exporter.PATH, headers={"Connection": "close"})
        answer = connection.getresponse()
        text = answer.read(MOST_BYTES).decode()
    finally:
        connection.close()
    families = {each.name: each for each in text_string_to_metric_families(text)}
    if answer.status != HTTPStatus.OK or not {ALIVE, FAILURES} <= families.keys():
        return None
    counted = {str(each.labels["role"]): int(each.value) for each in families[ALIVE].samples}
    return {role: counted.get(role, 0) for role in process.SERVING}


def _living(seen: Picture) -> dict[str, int]:
    """Return how many processes live on this machine, by role; a heartbeat outlives what is killed."""
    here = socket.gethostname()
    found = Counter(
        role
        for role in process.SERVING
        for each in seen.living(role)
        if each["host"] == here and psutil.pid_exists(each["pid"])
    )
    return dict(found)


def _not_ours(port: int, met: str) -> Finding:
    holder = listeners.holder(port)
    who = holder.name if holder else "an unknown process"
    if holder and any(OURS in each for each in holder.command_lines):
        evidence, cause = f"{HOST}:{port}: {who}: {met}", "the exporter hangs, or this machine is too busy"
        again = f"curl -sS -m 5 http://{HOST}:{port}{exporter.PATH} | grep error"
        return Finding(Result.FAILED, (evidence,), cause, again, due_to=("process", "saturation"))
    return Finding(
        Result.FAILED,
        (f"{HOST}:{port}: {who}: {met}",),
        "another program has the port; Prometheus' own usual port is 9090, too",
        f"ss -ltnp 'sport = :{port}'",
    )


def _start(where: Whereabouts) -> str:
    return "sudo systemctl status sbd-metrics" if where.production else "make run"


def _restart(where: Whereabouts) -> str:
    return "sudo systemctl cat sbd-metrics | grep METRICS_DIR" if where.production else "make run"
