"""doctor:port (runbook R004, R005): somebody listens on the web port, and it is the web process."""

import http.client
import json
import time
from dataclasses import replace
from http import HTTPStatus

from ops.doctor import listeners, servers
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.listeners import Holder
from ops.doctor.whereabouts import Whereabouts

HOST = "127.0.0.1"
PATH = "/health/live"
ALIVE = {"status": "alive"}
MOST_BYTES = 1_000  # the whole answer has 18
SECONDS = 1.5
APPLICATION = "family_site.asgi"  # in the command line of the web process


def look(where: Whereabouts) -> Finding:
    """Ask for a sign of life; when none comes, find out who has the port."""
    port = where.web_port
    if port is None:
        return without_settings("PORT is not the number of a port")
    started = time.perf_counter()
    try:
        fault = _fault(port)
    except ConnectionRefusedError:
        return _nobody(where, port)
    holder = listeners.holder(port) or Holder((), "an unknown process")
    if fault is None:
        milliseconds = (time.perf_counter() - started) * 1000
        return Finding(Result.OK, (f"{HOST}:{port}: {holder.name} answered {PATH} in {milliseconds:.0f} ms",))
    if any(APPLICATION in line for line in holder.command_lines):
        return _unwell(where, port, holder, fault)
    return _another(port, holder, fault)


def _fault(port: int) -> str | None:
    """Say what is wrong with the answer; ``None``: it is the web process' own.

    Raises:
        ConnectionRefusedError: nobody listens.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        connection.request("GET", PATH, headers={"Host": "localhost", "Connection": "close"})
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            return f"status {answer.status}"
        return None if json.loads(answer.read(MOST_BYTES)) == ALIVE else "an answer of another program"
    except ConnectionRefusedError:
        raise
    except TimeoutError:
        return servers.silence(SECONDS)
    except (OSError, ValueError, http.client.HTTPException):
        return "an answer of another program"
    finally:
        connection.close()


def _nobody(where: Whereabouts, port: int) -> Finding:
    return Finding(
        Result.FAILED,
        (f"{HOST}:{port}: nobody listens",),
        "the web process does not run",
        "sudo systemctl status sbd-api" if where.production else "make run",
        due_to=("settings", "disk", "memory", "process"),
    )


def _unwell(where: Whereabouts, port: int, holder: Holder, fault: str) -> Finding:
    if holder.stopped:
        return replace(servers.stopped(f"{HOST}:{port}: {fault}", holder), due_to=("process",))
    status = "sudo systemctl status sbd-api" if where.production else f"ps -fp {holder.pids[0]}"
    return Finding(
        Result.FAILED,
        (f"{HOST}:{port}: {holder.name}: {fault}",),
        "the web process hangs",
        status,
        due_to=("disk", "memory", "saturation", "mongo", "slow_ops", "process"),
    )


def _another(port: int, holder: Holder, fault: str) -> Finding:
    return Finding(
        Result.FAILED,
        (f"{HOST}:{port} is held by {holder.name}: {fault}",),
        "another program has taken the port, so the web process cannot start"
        if holder.pids
        else "another program has taken the port, or the web process hangs",
        f"ps -fp {holder.pids[0]}" if holder.pids else f"sudo ss -ltnp 'sport = :{port}'",
    )
