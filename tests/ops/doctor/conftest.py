"""Servers that these tests may stop, and ``manage.py doctor`` as a person starts it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from django.conf import settings
from pymongo import MongoClient

from ops import embedded
from ops.doctor import whereabouts
from ops.doctor.whereabouts import Whereabouts
from ops.embedded.ties import die_with_parent
from tests.mailbox import Mailbox
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
LIMIT_SECONDS = 60.0  # one that hangs fails its test; on a busy machine Python alone may take long to start
SERVERS, MAIL = ("settings", "port", "mongo", "redis", "clock", "schema", "maintenance"), ("smtp", "outbox")
# What is asked of MongoDB about itself, and of what it holds.
DATABASE = ("mongo_primary", "replication_lag", "pool", "slow_ops", "counts")
# What needs no server to be looked at.
MACHINE = ("disk", "memory", "saturation", "process", "nginx", "tls", "speed")
# What rests on documents.
BOOKS = (
    *("audit", "limits", "profiler", "access", "backup"),
    *("ledger", "requests", "merchant", "jwt", "two_factor", "auth"),
    *("invitations", "recoveries", "allowances"),
)
JOBS = ("worker", "beat", "queue", "cache", *BOOKS)
WELL = dict.fromkeys((*SERVERS, *DATABASE, *MACHINE, *MAIL, *JOBS, "metrics", "contacts", "external"), "ok")
# Who cannot look while MongoDB, or Redis, is away.
UNSEEN = "could_not_look"
WITHOUT_MONGO = {
    "mongo": "failed",
    **dict.fromkeys((*DATABASE, "schema", "maintenance", "outbox", "worker", "beat", *BOOKS), UNSEEN),
}
WITHOUT_REDIS = {"redis": "failed", "queue": UNSEEN, "cache": UNSEEN, "limits": UNSEEN}
WITHOUT_WEB = {"port": "failed", "speed": UNSEEN}
NOWHERE = 1  # a port on which nobody ever listens


@dataclass(frozen=True)
class Said:
    """What one run of doctor printed with ``--json``."""

    status: int
    findings: list[dict[str, Any]]

    @property
    def results(self) -> dict[str, str]:
        """The results by the names of the checks, in the order printed."""
        return {each["name"]: each["result"] for each in self.findings}

    @property
    def causes(self) -> list[dict[str, Any]]:
        """The findings that are not well, and that no other explains, in the order printed."""
        return [each for each in self.findings if each["result"] != "ok" and not each["explained_by"]]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """Return one finding."""
        return next(each for each in self.findings if each["name"] == name)


Doctor: TypeAlias = Callable[..., Said]


@pytest.fixture
def where() -> Whereabouts:
    """Where all is, as a command finds it."""
    return whereabouts.from_settings()


@pytest.fixture
def admin() -> Iterator[Any]:
    """MongoDB's own database, past the product."""
    with MongoClient[dict[str, Any]](settings.MONGODB_URI) as client:
        yield client.admin


@pytest.fixture
def start() -> Iterator[Callable[..., embedded.Servers]]:
    """``start(mongodb=…, redis=…)`` gives servers of this test alone."""
    directories: list[Path] = []

    def started(**which: bool) -> embedded.Servers:
        directories.append(Path(tempfile.mkdtemp(prefix="sbd-doctor-")))
        return embedded.start(directories[-1], tie_to_parent=True, preferred_ports=False, **which)

    yield started
    for directory in directories:
        _remove(directory)


@pytest.fixture(scope="session")
def shared() -> Iterator[embedded.Servers]:
    """Servers for all these tests, migrated; who changes something puts it right again."""
    directory = Path(tempfile.mkdtemp(prefix="sbd-doctor-"))
    try:
        servers = embedded.start(directory, tie_to_parent=True, preferred_ports=False)
        subprocess.run([*MANAGE, "migrate", "-v0"], env=_environment(servers), check=True, timeout=60)
        yield servers
    finally:
        _remove(directory)


@pytest.fixture(scope="session")
def web(shared: embedded.Servers) -> Iterator[tuple[int, int]]:
    """The web process: its port and pid."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "family_site.asgi:application", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment(shared),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health/live", process)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def exporter(shared: embedded.Servers) -> Iterator[int]:
    """The exporter of the metrics: its port."""
    port = free_port()
    process = subprocess.Popen(
        [*MANAGE, "metrics"],
        env=_environment(shared) | {"METRICS_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/metrics", process)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    mailbox = Mailbox()
    yield mailbox
    mailbox.stop()


@pytest.fixture
def doctor(shared: embedded.Servers, web: tuple[int, int], exporter: int, mailbox: Mailbox) -> Doctor:
    """``doctor(PORT=…)`` runs ``manage.py doctor --json`` with this variable changed."""

    def run(*words: str, limit: float = LIMIT_SECONDS, **changed: str) -> Said:
        _say_that_jobs_are_done(shared)
        usual = {"PORT": str(web[0]), "METRICS_PORT": str(exporter), "MAIL_URL": mailbox.url}
        environment = _environment(shared) | usual | changed
        done = subprocess.run(
            [*MANAGE, "doctor", "--json", *words],
            env=environment,
            capture_output=True,
            check=False,
            timeout=limit,
        )
        assert done.stderr == b""
        said = json.loads(done.stdout)
        assert said["result"] == ("ok", "degraded", "failed")[done.returncode]
        return Said(done.returncode, said["findings"])

    return run


def _environment(servers: embedded.Servers) -> dict[str, str]:
    return {
        **os.environ,
        "SBD_MODE": "test",
        # Other tests take the exporter of the usual place for their own.
        "METRICS_DIR": str(Path(os.environ["SBD_VAR"]) / "doctor" / "metrics"),
        "MONGODB_URI": str(servers.mongodb_uri),
        "REDIS_URL": str(servers.redis_url),
    }


def _say_that_jobs_are_done(servers: embedded.Servers) -> None:
    """Write what a worker and a beat write that are well."""
    now = datetime.now(UTC)
    with MongoClient[dict[str, Any]](str(servers.mongodb_uri)) as client:
        beats = client["second_brain_control"]["heartbeats"]
        for role in ("worker", "beat"):
            seen = {"role": role, "host": "here", "pid": 1, "since": now, "seen_at": now}
            beats.replace_one({"_id": role}, seen, upsert=True)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310  # our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{url} never answered")


def _remove(directory: Path) -> None:
    embedded.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)
