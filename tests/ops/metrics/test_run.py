"""The metrics of the running system: several processes, one page. Source: runbook R043."""

import contextlib
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.embedded import ports
from ops.metrics import living
from tests.e2e import terminal
from tests.e2e.demo import Run, running
from tests.e2e.processes import wait_until
from tests.e2e.terminal import Terminal
from tests.ops.metrics.counting import Samples, samples, value

pytestmark = pytest.mark.long

CALLS = 20


@dataclass(frozen=True)
class Shown:
    """The running system, and where it shows its metrics."""

    run: Run
    wanted_port: int
    port: int

    @property
    def web_workers(self) -> list[int]:
        """The pids of the web workers that count."""
        return [int(name.split("-")[0]) for name in living.living(self.run.var / "metrics" / "web")]

    def page(self) -> Samples:
        """Return the page."""
        with urllib.request.urlopen(f"http://localhost:{self.port}/metrics", timeout=30) as answer:
            return samples(answer.read().decode())

    def refused_calls(self) -> float | None:
        """Return how often somebody without a sign-in asked who they are."""
        labels = {"method": "GET", "route": "/auth/me", "status": "401", "unit": "web"}
        return value(self.page(), "http_requests_total", **labels)

    def call(self) -> None:
        """Send such calls, each over a connection of its own, to whichever worker takes it."""
        for _ in range(CALLS):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.run.port}/auth/me", timeout=30).close()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The demo with two web workers, on a machine where somebody else has the metrics' usual port."""
    with socket.create_server((ports.LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        var = tmp_path_factory.mktemp("metrics") / "var"
        with running(var, METRICS_PORT=str(taken), SBD_WORKERS="2") as run:
            assert run.is_ready(), run.lines()
            (said,) = [line for line in run.lines() if line.startswith("metrics: ")]
            found = re.fullmatch(r"metrics: http://localhost:(\d+)/metrics \(port (\d+) is taken\)", said)
            assert found is not None, said
            assert int(found[2]) == taken
            yield Shown(run, taken, int(found[1]))


def test_the_counts_of_all_workers_are_added_up_also_after_one_is_killed(shown: Shown) -> None:
    assert wait_until(lambda: len(shown.web_workers) == 2)
    shown.call()
    assert wait_until(lambda: shown.refused_calls() == CALLS)

    os.kill(shown.web_workers[0], signal.SIGKILL)

    assert wait_until(lambda: len(shown.web_workers) == 2)  # it is started anew
    assert wait_until(lambda: value(shown.page(), "processes_alive", role="web") == 2)
    assert shown.refused_calls() == CALLS
    shown.call()
    assert wait_until(lambda: shown.refused_calls() == 2 * CALLS)


def test_the_jobs_of_the_worker_and_the_state_of_the_whole_are_there(shown: Shown) -> None:
    def is_done() -> bool:
        page = shown.page()
        runs = value(page, "job_runs_total", job="ops.outbox.deliver", outcome="ok", unit="worker") or 0
        return (
            runs > 1 and value(page, "web_ready") == 1 and value(page, "component_up", component="redis") == 1
        )

    assert wait_until(is_done)
    page = shown.page()
    for role in ("worker", "beat"):
        assert (value(page, "processes_alive", role=role) or 0) > 0
    assert (value(page, "collection_documents", collection="families") or 0) > 0
    assert value(page, "job_errors_total", job="ops.outbox.deliver", unit="worker") == 0
    assert value(page, "family_operations_total", operation_type="accept", status="error", unit="web") == 0


@pytest.fixture
def typed(shown: Shown, tmp_path: Path, pytestconfig: pytest.Config) -> Terminal:
    """A terminal on the machine."""
    terminal.require_curl(pytestconfig)
    return Terminal.of(shown.run.var, shown.run.port, tmp_path, metrics_port=shown.port)


def test_the_runbooks_look_at_error_metrics(typed: Terminal) -> None:
    """R043."""
    seen = typed.types("curl -s http://localhost:9090/metrics | grep error")

    assert seen.status == 0
    assert 'api_errors_total{code="INTERNAL_ERROR",unit="web"} 0.0' in seen.lines
    for name in ("database_errors_total", "redis_errors_total", "email_errors_total", "job_errors_total"):
        assert any(line.startswith(name) for line in seen.lines), name


def test_doctor_finds_the_page_and_every_process_in_it(shown: Shown, typed: Terminal) -> None:
    seen = typed.manage("doctor --section 4 --json", METRICS_PORT=str(shown.wanted_port))

    assert (
        f"127.0.0.1:{shown.port}/metrics answered; processes that count: 2 web, 3 worker, 1 beat" in seen.out
    )
    assert '"metrics"' in seen.out
