"""The shipped systemd units, as systemd itself judges them."""

import re
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from family_site.celery import HARD_LIMIT_SECONDS
from ops.server.bridge import STOP_SECONDS
from tests.ops.deploy import shipped
from tests.tools import require

OURS = (
    *("sbd-api", "sbd-worker", "sbd-beat", "sbd-metrics"),
    *("sbd-backup", "sbd-restore-drill", "sbd-redis-broker", "sbd-blocked"),
)
MOST_EXPOSED = 2.5
DEFAULT_WEIGHT = 100  # systemd.resource-control(5)
PROGRAMS = (
    *("opt/sbd/current/.venv/bin/python", "opt/sbd/current/.venv/bin/uvicorn-python"),
    *("opt/sbd/current/ops/deploy/reload-api", "usr/bin/redis-server", "usr/bin/mongod"),
    *("usr/sbin/nginx", "usr/bin/systemctl"),
)
# What the packages bring, of which a drop-in of ours changes something.
PACKAGED = {
    "redis-server": "[Service]\nType=notify\nExecStart=/usr/bin/redis-server /etc/redis/redis.conf\n",
    "mongod": "[Service]\nExecStart=/usr/bin/mongod --config /etc/mongod.conf\n",
}


class Machine:
    """A directory that looks like the root of a machine where the units are installed."""

    def __init__(self, at: Path, analyze: str) -> None:
        """Install them."""
        self.at, self._analyze = at, analyze
        self.units = at / "etc" / "systemd" / "system"
        shutil.copytree(shipped.UNITS, self.units)
        for program in PROGRAMS:
            path = at / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
        for name, text in PACKAGED.items():
            (self.units / f"{name}.service").write_text(text)

    def analyze(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Ask systemd."""
        command = [self._analyze, f"--root={self.at}", "--man=no", "--no-pager", *words]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    def verified(self) -> tuple[int, str]:
        """Return what systemd finds wrong with all of them; of its own units there are none here."""
        files = sorted([*self.units.glob("*.service"), *self.units.glob("*.timer")])
        judged = self.analyze("--recursive-errors=no", "verify", *map(str, files))
        return judged.returncode, judged.stdout + judged.stderr


@pytest.fixture
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "root", require(request.config, "systemd-analyze"))


def test_systemd_finds_nothing_wrong_with_the_units(machine: Machine) -> None:
    status, said = machine.verified()

    assert (status, [line for line in said.splitlines() if "sbd" in line or "service:" in line]) == (0, [])


def test_the_drop_in_for_more_workers_is_taken_and_the_runbooks_own_is_refused(machine: Machine) -> None:
    directory = machine.units / "sbd-api.service.d"
    override = directory / "override.conf"
    shutil.copy(directory / "workers.conf.example", override)
    taken = machine.verified()
    override.write_text("[Service]\nExecStart=/path/to/uvicorn --workers 8\n")
    refused = machine.verified()

    assert (taken[0], "sbd-api" in taken[1]) == (0, False)
    assert "more than one ExecStart= setting" in refused[1]


@pytest.mark.parametrize("name", OURS)
def test_a_unit_may_do_little(machine: Machine, name: str) -> None:
    judged = machine.analyze("--offline=true", "security", f"{name}.service").stdout
    found = re.search(rf"exposure level for {name}\.service: ([0-9.]+)", judged)

    assert found, judged
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("name", ["sbd-backup", "sbd-restore-drill"])
def test_what_nobody_waits_for_weighs_less_than_the_default(name: str) -> None:
    unit = shipped.unit(f"{name}.service")

    assert int(unit["CPUWeight"]) < DEFAULT_WEIGHT
    assert "Nice" not in unit  # between services it counts for nothing


def test_the_units_start_what_is_started_for_the_demo() -> None:
    for unit, role in (("sbd-api", "web"), ("sbd-worker", "worker"), ("sbd-beat", "beat")):
        ours = shipped.command(f"{unit}.service", PORT="8000", SBD_WORKERS="2")
        theirs = settings.RUN_PROCESSES[role][1:]
        # Where the port, the number and the place of a file differ, the option still stands in both.
        options = [word for word in theirs if word.startswith("-") or ("." in word and "/" not in word)]

        assert [word for word in options if word not in ours and word != "127.0.0.1"] == []
    metrics = shipped.command("sbd-metrics.service")
    assert metrics[1:] == [f"{shipped.CURRENT}/manage.py", "metrics"]


def test_a_stop_waits_longer_than_what_is_going_on_may_take() -> None:
    worker, web = shipped.unit("sbd-worker.service"), shipped.unit("sbd-api.service")
    grace = shipped.command("sbd-api.service").index("--timeout-graceful-shutdown")

    assert int(worker["TimeoutStopSec"]) > HARD_LIMIT_SECONDS
    assert int(web["TimeoutStopSec"]) > int(shipped.command("sbd-api.service")[grace + 1]) + STOP_SECONDS
    assert worker["KillMode"] == web["KillMode"] == "mixed"


def test_the_timers_say_when_so_that_systemd_understands(request: pytest.FixtureRequest) -> None:
    analyze = require(request.config, "systemd-analyze")
    every = {
        "sbd-backup": timedelta(days=1),
        "sbd-restore-drill": timedelta(days=7),
        "sbd-blocked": timedelta(minutes=1),
    }
    for name, period in every.items():
        text = (shipped.UNITS / f"{name}.timer").read_text()
        (when,) = re.findall("^OnCalendar=(.*)$", text, re.MULTILINE)
        words = [analyze, "calendar", "--iterations=2", when]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        moments = re.findall(r"(?:Next elapse|Iter\. #2|Iteration #2): \w+ ([-0-9]+ [:0-9]+)", said)
        first, second = map(datetime.fromisoformat, moments)

        assert second - first == period
