"""Doctor on how quick the machine and the web process are: what is busy and quick is well."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.doctor.checks import saturation, speed
from ops.doctor.machine import Machine
from ops.doctor.whereabouts import Whereabouts
from tests.ports import free_port

SLOW_SECONDS = 0.6
READY = {"status": "ready", "components": {"mongodb": {"status": "healthy"}}}


@pytest.fixture
def where() -> Whereabouts:
    """Whereabouts of an installation whose web port nobody has."""
    return replace(whereabouts.from_settings(), web_port=free_port())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nobody waits."""
    (tmp_path / "pressure").mkdir()
    (tmp_path / "loadavg").write_text("0.10 0.20 0.30 1/100 1234\n")
    here = Machine(proc=tmp_path)
    for name in ("cpu", "io", "memory"):
        waits(here, name, some=0.0, full=0.0)
    return here


def waits(machine: Machine, name: str, *, some: float, full: float) -> None:
    line = "{} avg10={:.2f} avg60={:.2f} avg300=0.00 total=1\n"
    (machine.proc / "pressure" / name).write_text(
        line.format("some", some, some) + line.format("full", full, full)
    )


@contextmanager
def answering(body: dict[str, Any], *, seconds: float = 0.0, status: int = HTTPStatus.OK) -> Iterator[int]:
    """Say that it lives, and this at every other path, after so many seconds; yields the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            is_live = self.path == "/health/live"
            said = json.dumps({"status": "alive"} if is_live else body).encode()
            with contextlib.suppress(OSError):  # nobody waits any longer
                self.send_response(HTTPStatus.OK if is_live else status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with serving(Handler) as port:
        yield port


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve by this handler; yields the port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def crowd(machine: Machine) -> None:
    (machine.proc / "loadavg").write_text("900.00 800.00 700.00 99/100 1234\n")
    waits(machine, "cpu", some=99.0, full=0.0)


def test_an_idle_machine_is_well(where: Whereabouts, machine: Machine) -> None:
    found = saturation.look(where, machine)

    assert found.result == Result.OK
    assert found.evidence[0].startswith("load 0.10 and 0.20 on ")
    assert found.evidence[0].endswith("; waited for in the last minute: cpu 0 %, io 0 %, memory 0 %")


def test_a_busy_machine_that_answers_is_well(where: Whereabouts, machine: Machine) -> None:
    crowd(machine)

    with answering({}) as port:
        assert saturation.look(replace(where, web_port=port), machine).result == Result.OK
    assert saturation.look(where, machine).result == Result.OK


def test_a_busy_machine_on_which_calls_wait_is_saturated(where: Whereabouts, machine: Machine) -> None:
    with answering({}, seconds=SLOW_SECONDS) as port:
        where = replace(where, web_port=port)
        slow_only = saturation.look(where, machine)
        crowd(machine)
        found = saturation.look(where, machine)

    assert slow_only.result == Result.OK
    assert found.result == Result.DEGRADED
    assert found.evidence[0].endswith(" ms for /health/live, and many wait for the processor")
    assert found.remedy == "ps -eo pid,user,pcpu,stat,comm --sort=-pcpu | head -n 11"


@pytest.mark.parametrize(
    ("name", "full", "due_to"), [("io", 45.0, ("memory", "disk")), ("memory", 25.0, ("memory",))]
)
def test_where_everybody_waits_for_a_disk_or_for_memory_that_is_short(
    where: Whereabouts, machine: Machine, name: str, full: float, due_to: tuple[str, ...]
) -> None:
    waits(machine, name, some=60.0, full=full)

    found = saturation.look(where, machine)

    assert (found.result, found.due_to) == (Result.DEGRADED, due_to)
    assert found.evidence[0].startswith(f"in {full:.0f} % of the last minute everybody waited for ")


def test_where_some_wait_for_a_disk_nobody_is_alarmed(where: Whereabouts, machine: Machine) -> None:
    waits(machine, "io", some=90.0, full=30.0)

    assert saturation.look(where, machine).result == Result.OK


def test_a_kernel_that_does_not_tell_is_no_fault(where: Whereabouts, tmp_path: Path) -> None:
    found = saturation.look(where, Machine(proc=tmp_path))

    assert found.result == Result.OK
    assert found.evidence[0].startswith("load not told on ")
    assert found.evidence[0].endswith("; the kernel does not tell who waits")


def test_a_quick_process_is_well_and_its_times_are_told(where: Whereabouts) -> None:
    with answering(READY) as port:
        found = speed.look(replace(where, web_port=port))

    assert found.result == Result.OK
    assert [part.split(":")[0] for part in found.evidence[0].split(", ")] == [
        "/health/live",
        "a read from MongoDB",
        "/health/ready",
    ]


def test_a_slow_process_is_told_with_what_may_explain_it(where: Whereabouts) -> None:
    with answering(READY, seconds=SLOW_SECONDS) as port:
        found = speed.look(replace(where, web_port=port))

    assert found.result == Result.DEGRADED
    assert [line.split(" took ")[0] for line in found.evidence[:-1]] == ["/health/live", "/health/ready"]
    assert {"saturation", "slow_ops", "mongo", "redis", "disk"} <= set(found.due_to)


@pytest.mark.parametrize(
    ("obstacle", "result", "due_to"),
    [
        ("no_primary", Result.FAILED, "mongo"),
        ("migrations_missing", Result.FAILED, "schema"),
        ("maintenance", Result.DEGRADED, "maintenance"),
    ],
)
def test_a_process_that_wants_no_calls_says_why(
    where: Whereabouts, obstacle: str, result: Result, due_to: str
) -> None:
    parts = {"mongodb": {"status": "unhealthy"}, "redis": {"status": "healthy"}}
    body = {"status": "not_ready", "details": {"obstacles": [obstacle]}, "components": parts}

    with answering(body, status=HTTPStatus.SERVICE_UNAVAILABLE) as port:
        found = speed.look(replace(where, web_port=port))

    assert (found.result, found.evidence[0]) == (result, f"the web process wants no calls: {obstacle}")
    assert due_to in found.due_to
    assert found.evidence[-1] == "unhealthy, as it says: mongodb"


def test_what_another_program_says_is_no_measure(where: Whereabouts) -> None:
    class Other(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with serving(Other) as port:
        found = speed.look(replace(where, web_port=port))

    assert found.result == Result.COULD_NOT_LOOK
    assert "port" in found.due_to


def test_a_process_that_does_not_answer_has_no_speed(where: Whereabouts) -> None:
    found = speed.look(where)

    assert found.result == Result.COULD_NOT_LOOK
    assert found.evidence == (f"127.0.0.1:{where.web_port}: ConnectionRefusedError",)
