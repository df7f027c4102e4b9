"""Escalation while web, worker and beat are dead: by the process of the metrics; a job may do it at once."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from ops import clock
from ops.incidents import escalating, paging, starting
from ops.incidents.kinds import Kind, Severity, Source
from ops.incidents.starting import Report
from tests.e2e.processes import MANAGE, wait_until
from tests.ops.incidents.opened import ADA, as_it_is, changed, texts
from tests.ops.incidents.told import SECRET, Receiver, forget_pages, second_channel

pytestmark = pytest.mark.long


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The second channel; nothing is kept of other incidents."""
    forget_pages()
    with second_channel() as found:
        yield found
    forget_pages()


@contextlib.contextmanager
def exporters(number: int, receiver: Receiver, directory: Path) -> Iterator[None]:
    """Run processes of the metrics, as two machines would."""
    running = []
    for place in range(number):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        own = {
            "METRICS_DIR": str(directory / str(place) / "metrics"),
            "METRICS_PORT": str(port),
            "CONTACT_ON_CALL_ENGINEER": "+49 30 1",
            "CONTACT_DEVOPS_LEAD": "+49 30 2",
            "ESCALATION_WEBHOOK_URL": receiver.url,
            "ESCALATION_WEBHOOK_SECRET": SECRET,
        }
        command = [sys.executable, str(MANAGE), "metrics"]
        running.append(subprocess.Popen(command, env=os.environ | own, stdout=subprocess.DEVNULL))
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_it_is_escalated_and_posted_once_by_whoever_is_first(receiver: Receiver, tmp_path: Path) -> None:
    now = clock.now()
    report = Report(Kind.OUTAGE, Severity.P1, "Web, worker and beat are dead.", Source.HAND)
    incident = starting.opened(report, {}, actor=ADA, now=now - timedelta(minutes=20))
    changed(incident["_id"], acknowledge_by=now)

    with exporters(2, receiver, tmp_path), ThreadPoolExecutor(2) as jobs:
        jobs.submit(escalating.escalate_due, clock.now())
        jobs.submit(paging.send_due, clock.now())
        assert wait_until(lambda: len(receiver.taken) >= 2)
        assert wait_until(
            lambda: ("told", "The DevOps lead was told over the second channel.") in texts(incident["_id"])
        )

    assert sorted(receiver.called) == ["devops_lead", "on_call_engineer"]
    assert as_it_is(incident["_id"])["level"] == 1
    assert [kind for kind, _ in texts(incident["_id"])].count("escalated") == 1
