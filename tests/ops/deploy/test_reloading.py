"""Web workers come and go while callers go on: what `systemctl reload sbd-api` does, and what a kill does."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.faults.conftest import until
from tests.ops.deploy.callers import Callers
from tests.ops.deploy.shipped import DEPLOY
from tests.ops.deploy.sites import WORKERS, Front, Web
from tests.ops.server.served import Line, request

pytestmark = pytest.mark.long


def test_the_service_manager_is_told_when_it_can_be_called(web: Web) -> None:
    assert web.told == f"READY=1\nSTATUS=serving version 0.1.0 on port {web.port}"


def test_the_runbook_sees_the_master_and_its_workers_by_the_name_of_uvicorn(web: Web) -> None:
    master = psutil.Process(web.process.pid)

    lines = [" ".join(process.cmdline()) for process in (master, *web.workers())]

    assert ["uvicorn" in line for line in lines] == [True] * (WORKERS + 1)


def test_a_reload_replaces_every_worker_and_loses_no_call(front: Front, web: Web) -> None:
    callers = Callers(front)
    with callers.at_work():
        for _ in range(2):
            callers.get_answers()
            before = _pids(web)
            reloaded = web.reload()
            after = _pids(web)
            assert (reloaded.returncode, reloaded.stderr) == (0, "")
            assert (len(after), before & after) == (WORKERS, set())
        callers.get_answers()

    assert callers.lost == []
    assert min(callers.answered["GET"], callers.answered["POST"]) > 100


def test_a_worker_that_is_killed_loses_no_read_and_of_each_writer_at_most_one_call(
    front: Front, web: Web
) -> None:
    callers = Callers(front, readers=3, writers=3)
    with callers.at_work():
        callers.get_answers()
        killed = web.workers()[0]
        killed.kill()
        until(lambda: len(_pids(web) - {killed.pid}) == WORKERS)
        callers.get_answers()

    # What it had taken and not answered. A write that may have been done is not sent again for the caller.
    assert [lost for lost in callers.lost if lost.startswith("GET")] == []
    assert len(callers.lost) <= 3
    assert all("SERVICE_UNAVAILABLE" in lost for lost in callers.lost)


def test_a_call_that_comes_while_its_worker_ends_is_answered_as_the_last_of_its_connection(web: Web) -> None:
    web.stop()
    web.start()  # none is only beginning: it would end later than the others
    line = Line(web.port)
    first = line.send(request("GET", "/health/live")).reply()
    ended = web.logged().count("Shutting down")
    web.process.send_signal(signal.SIGTERM)
    try:
        until(lambda: web.logged().count("Shutting down") == ended + WORKERS)
        last = line.send(request("GET", "/health/live")).reply()
    finally:
        line.close()
        web.process.wait(60)
        web.start()

    assert (first.status, "connection" in first.headers) == (200, False)
    assert (last.status, last.headers["connection"]) == (200, "close")


def test_a_reload_with_one_worker_says_what_to_do_instead(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text("import time\ntime.sleep(60)\n")
    alone = subprocess.Popen([sys.executable, str(tmp_path / "alone.py")])
    reloaded = subprocess.run(
        [str(DEPLOY / "reload-api"), str(alone.pid)], check=False, capture_output=True, text=True
    )
    is_alive = alone.poll() is None
    alone.kill()
    alone.wait()

    assert (reloaded.returncode, is_alive) == (1, True)
    assert "restart it instead" in reloaded.stderr


def _pids(web: Web) -> set[int]:
    return {worker.pid for worker in web.workers()}
