"""Doctor on the processes of this machine: real ones, that do nothing but look like ours."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Finding, Result
from ops.doctor.checks import process
from ops.doctor.machine import Machine
from ops.doctor.whereabouts import Whereabouts
from ops.embedded.ties import die_with_parent
from ops.mongo.collections import control_collection
from tests.ops.doctor.processes import stopped
from tests.ports import free_port
from tests.waiting import until

WAIT = "import signal; print(flush=True); signal.pause()"
# A child that has ended, and that nobody asks how.
CHILD_OVER = "import os, signal; os.fork() or os._exit(0); print(flush=True); signal.pause()"
WEB, WORKER = ("family_site.asgi:application",), ("family_site.celery", "worker")
DOCTOR = ".venv/bin/python manage.py doctor --section 1"

Start = Callable[..., int]


@pytest.fixture(autouse=True)
def _nobody_has_been_seen() -> Iterator[None]:
    def forget() -> None:
        for name in ("heartbeats", "deployments"):
            control_collection(name).delete({})

    forget()
    yield
    forget()


@pytest.fixture
def where() -> Whereabouts:
    """Whereabouts of an installation whose web port nobody has."""
    return replace(whereabouts.from_settings(), web_port=free_port())


@pytest.fixture
def start() -> Iterator[Start]:
    """``start("family_site.celery", "worker")`` gives the pid of a process that looks like that."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, script: str = WAIT, **environment: str) -> int:
        each = subprocess.Popen(
            [sys.executable, "-c", script, *words],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )
        started.append(each)
        assert each.stdout
        each.stdout.readline()
        return each.pid

    yield begin
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that systemd runs, on which nothing is enabled."""
    (tmp_path / "cgroup" / "system.slice").mkdir(parents=True)
    (tmp_path / "systemd" / "multi-user.target.wants").mkdir(parents=True)
    return Machine(cgroups=tmp_path / "cgroup", units=tmp_path / "systemd")


def heartbeat(role: str, pid: int, *, host: str | None = None, seconds_ago: float = 0.0) -> None:
    """Write what a process writes that lives."""
    now = clock.now()
    beat = {"role": role, "host": host or socket.gethostname(), "pid": pid, "since": now}
    beat["seen_at"] = now - timedelta(seconds=seconds_ago)
    control_collection("heartbeats").insert({"_id": f"{role}:{pid}", **beat})


def gone() -> int:
    """Return the number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def named(found: Finding) -> str:
    return "; ".join(found.evidence)


def test_what_runs_is_named_with_those_below_it(where: Whereabouts, start: Start) -> None:
    web, worker = start(*WEB), start(*WORKER)

    found = process.look(where)

    assert found.result == Result.OK
    assert named(found).startswith(f"web {web} for ")
    assert f", worker {worker} for " in named(found)


def test_who_stands_still_is_named_and_how_it_goes_on(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    worker = start(*WORKER)

    with stopped(worker):
        assert until(lambda: process.look(where).result == Result.FAILED)
        found = process.look(where)

    assert found.evidence[0] == f"stopped: worker {worker}"
    assert (found.remedy, found.due_to) == (f"kill -CONT {worker}", ())
    assert process.look(where).result == Result.OK


def test_where_nothing_runs_and_nobody_listens_it_was_never_started(where: Whereabouts) -> None:
    found = process.look(where)

    assert (found.result, found.evidence) == (Result.FAILED, ("nothing of ours runs on this machine",))
    assert (found.cause, found.remedy) == ("it was stopped, or never started", "make run")
    assert process.look(replace(where, mode="production")).remedy == "sudo systemctl status sbd-api"


def test_where_others_listen_and_nothing_of_ours_is_here_it_is_elsewhere(where: Whereabouts) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = process.look(replace(where, web_port=taken.getsockname()[1]))

    assert found == Finding(Result.OK, ("nothing of ours runs on this machine",))


def test_a_worker_that_was_killed_is_missed_at_once(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    killed = gone()
    heartbeat("worker", killed)

    found = process.look(where)

    assert found.result == Result.FAILED
    assert found.evidence[0] == f"worker {killed} is gone, and did not say that it ends"
    assert (found.cause, found.remedy) == ("it was killed, or it fell", "make run")
    assert found.due_to == ("disk", "memory")


def test_a_number_that_another_program_has_now_does_not_live(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    heartbeat("beat", start("another"))

    assert process.look(where).evidence[0].startswith("beat ")


def test_who_was_replaced_is_not_missed(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    heartbeat("worker", gone())
    heartbeat("worker", start(*WORKER))

    assert process.look(where).result == Result.OK


def test_who_died_elsewhere_or_long_ago_is_not_missed_here(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    heartbeat("worker", gone(), host="elsewhere")
    heartbeat("beat", gone(), seconds_ago=3_700)

    assert process.look(where).result == Result.OK


def test_who_dies_again_and_again_is_told_though_others_took_over(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    for seconds in (5, 6, 7, 35, 65):
        heartbeat("worker", gone(), seconds_ago=seconds)
    heartbeat("worker", start(*WORKER))
    three_times = process.look(where)
    heartbeat("worker", gone(), seconds_ago=95)

    found = process.look(where)

    assert three_times.result == Result.OK
    assert (found.result, found.evidence[0]) == (Result.DEGRADED, "worker died 4 times in 3 minutes")


def test_a_unit_that_starts_over_and_over_is_told(where: Whereabouts, start: Start) -> None:
    start(*WEB)
    for number in range(5):
        record = {"role": "web", "host": socket.gethostname(), "of": f"web {number} 0 -"}
        control_collection("deployments").insert({"_id": f"2026 {number}", "at": clock.now(), **record})

    found = process.look(where)

    assert (found.result, found.evidence[0]) == (Result.DEGRADED, "web was started 5 times in 5 minutes")


def test_who_ended_and_is_not_collected_has_a_parent_that_hangs(where: Whereabouts, start: Start) -> None:
    parent = start(*WORKER, script=CHILD_OVER)
    start(*WEB)

    found = process.look(where)

    assert found.result == Result.DEGRADED
    assert found.evidence[0].startswith("ended, and not collected: worker ")
    assert found.remedy == f"ps -fp {parent}"


def test_a_master_without_its_workers_is_told(where: Whereabouts, start: Start) -> None:
    master = start(*WEB, "--workers", "2")

    found = process.look(where)

    assert (found.result, found.evidence[0]) == (Result.DEGRADED, f"web {master} has 0 of its 2 workers")


def test_workers_without_their_master_are_told(where: Whereabouts, start: Start) -> None:
    orphan = start("spawn_main")
    heartbeat("web", orphan)

    found = process.look(where)

    assert found.result == Result.DEGRADED
    assert found.evidence[0] == f"without the one that started them: {orphan}"


def test_processes_of_another_installation_are_left_out(where: Whereabouts, start: Start) -> None:
    start(*WORKER, SBD_VAR="/nowhere")
    start(*WORKER, MONGODB_URI="mongodb://elsewhere/")
    start(*WEB)

    assert "worker" not in named(process.look(where))


def test_in_production_an_enabled_unit_should_run(where: Whereabouts, start: Start, machine: Machine) -> None:
    where = replace(where, mode="production")
    start(*WEB)
    (machine.units / "multi-user.target.wants" / "sbd-beat.service").symlink_to("../sbd-beat.service")

    found = process.look(where, machine)
    (machine.cgroups / "system.slice" / "sbd-beat.service").mkdir()

    assert (found.result, found.evidence[0]) == (Result.FAILED, "enabled, and not running: sbd-beat")
    assert found.remedy == "sudo systemctl status sbd-beat"
    assert process.look(where, machine).result == Result.OK


def test_a_proc_that_hides_others_is_known_by_its_options(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    mounts = tmp_path / "self" / "mounts"
    for options, hides in (("rw,hidepid=invisible", True), ("rw,hidepid=2", True), ("rw,relatime", False)):
        mounts.write_text(f"proc /proc proc {options} 0 0\n")

        assert Machine(proc=tmp_path).hides_others() is hides


def test_without_a_port_nothing_can_be_said(where: Whereabouts) -> None:
    found = process.look(replace(where, web_port=None))

    assert (found.result, found.remedy) == (Result.COULD_NOT_LOOK, DOCTOR)
