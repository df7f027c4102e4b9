"""The exporter as it is started: who reads it, what it does with a port that is taken, how it stops."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.metrics import exporter
from ops.metrics.exporter import PortTakenError
from tests.e2e.processes import MANAGE, wait_until
from tests.ops.metrics.counting import counting, samples, value

LOOPBACK = "127.0.0.1"


class Exporter:
    """A started exporter."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        """Take it."""
        self.process, self.port = process, port

    def answer(self, path: str = "/metrics", method: str = "GET", accept: str = "") -> tuple[int, str, str]:
        """Return status, content type and body."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Accept": accept} if accept else {})
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()

    def is_up(self) -> bool:
        """Tell whether it answers."""
        with contextlib.suppress(OSError):
            return self.answer()[0] == 200
        return False


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        found: int = probe.getsockname()[1]
    return found


def started(directory: Path, port: int, **variables: str) -> "subprocess.Popen[str]":
    numbers = {"METRICS_DIR": str(directory), "METRICS_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, str(MANAGE), "metrics"],
        env=os.environ | numbers | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def running(directory: Path, port: int, **variables: str) -> Iterator[Exporter]:
    process = started(directory, port, **variables)
    try:
        shown = Exporter(process, port)
        assert wait_until(lambda: shown.is_up() or process.poll() is not None)
        yield shown
    finally:
        process.kill()
        process.communicate()


def test_it_shows_the_page_in_the_form_that_the_reader_prefers(tmp_path: Path, port: int) -> None:
    with counting(tmp_path) as web, contextlib.ExitStack() as stack:
        web.does("http.refusals.inc(http.BODY)")
        shown = stack.enter_context(running(tmp_path, port))
        plain = shown.answer()
        modern = shown.answer(accept="application/openmetrics-text; version=1.0.0")
        head = shown.answer(method="HEAD")
        elsewhere = shown.answer("/")

    assert plain[:2] == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert value(samples(plain[2]), "http_refusals_total", reason="body", unit="web") == 1
    assert modern[0] == 200
    assert modern[1].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert modern[2].endswith("# EOF\n")
    assert head == (*plain[:2], "")
    assert elsewhere[0] == 404


@pytest.mark.long
def test_it_shows_what_the_processes_counted_though_everything_else_is_dead(
    tmp_path: Path, port: int
) -> None:
    away = {
        "MONGODB_URI": "mongodb://127.0.0.1:1/?replicaSet=away",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PORT": "1",
    }
    with counting(tmp_path) as web, running(tmp_path, port, **away) as shown:
        web.does("http.refusals.inc(http.BODY)")
        # Whoever is asked in vain for the first time takes up to its time limit.
        failed = ("mail", "audit", "documents", "ledger", "invitations")
        wait_until(lambda: all(failures(shown, source) for source in failed))
        found = samples(shown.answer()[2])

    assert value(found, "http_refusals_total", reason="body", unit="web") == 1
    assert value(found, "web_ready") == 0
    assert value(found, "component_up", component="mongodb") == 0
    assert value(found, "email_oldest_unsent_seconds") is None
    assert [value(found, "metrics_collection_errors_total", source=each) for each in ("files", "web")] == [
        0,
        0,
    ]


def failures(shown: Exporter, source: str) -> float:
    return value(samples(shown.answer()[2]), "metrics_collection_errors_total", source=source) or 0


@pytest.mark.long
def test_it_ends_at_once_when_it_is_asked_to(tmp_path: Path, port: int) -> None:
    with running(tmp_path, port) as shown:
        with socket.create_connection((LOOPBACK, port)):  # who connects and says nothing holds nothing up
            shown.process.send_signal(signal.SIGTERM)
            assert shown.process.wait(10) == 0
        assert not shown.is_up()


@pytest.mark.long
def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        process = started(tmp_path, taken)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.splitlines() == [
        f"CommandError: Port {taken} is taken: stop what listens there (`ss -ltnp`), or set METRICS_PORT."
    ]


def test_the_next_port_is_found_when_somebody_has_one_on_any_loopback_address() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]

        assert exporter.free_port(taken) > taken
        with pytest.raises(PortTakenError):
            exporter.free_port(taken, most=1)
