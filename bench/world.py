"""What is measured: servers of this run's own, users with families, and the web processes."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from typing import NamedTuple

import psutil

from ops import embedded
from ops.embedded import ports
from ops.embedded.ties import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 30
HIGHEST_LIMIT = 1_000_000
PASSWORD = "Quite-Long-7!"  # noqa: S105  # of users that live as long as this run


@contextlib.contextmanager
def servers() -> Iterator[None]:
    """Start MongoDB and Redis with empty data, and make the settings name them."""
    with tempfile.TemporaryDirectory(prefix="sbd-bench-") as directory:
        var = Path(directory)
        started = embedded.start(var, tie_to_parent=True, preferred_ports=False)
        os.environ.update(
            SBD_MODE="demo",
            LOG_LEVEL="WARNING",  # of this process; the servers log as they do in use
            SBD_VAR=directory,
            MONGODB_URI=str(started.mongodb_uri),
            REDIS_URL=str(started.redis_url),
            DJANGO_SETTINGS_MODULE="family_site.settings",
        )
        try:
            yield
        finally:
            embedded.stop(var)


class Caller(NamedTuple):
    """A user with an open session."""

    username: str
    token: str


def people(count: int, families_each: int, *, founders: int) -> list[Caller]:
    """Register users, the first ones with families."""
    import django  # noqa: PLC0415  # the settings must be there first

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    os.environ.update(JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY, BENCH_DATABASE=settings.MONGODB_NAME)
    raise_limits()
    return [_person(number, families_each if number < founders else 0) for number in range(count)]


def raise_limits() -> None:
    """Let few callers call as many would: each call is still counted."""
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor  # noqa: PLC0415
    from ops.limits.overriding import Wanted, set_override  # noqa: PLC0415
    from ops.limits.table import LIMITS  # noqa: PLC0415

    for operation in LIMITS:
        wanted = Wanted(operation, HIGHEST_LIMIT, 60, reason="measured with few callers")
        set_override(wanted, actor=Actor.system("bench"), now=clock.now())


def _person(number: int, families: int) -> Caller:
    from families.actions import founding  # noqa: PLC0415
    from family_site.identity.actions import registration, signing_in  # noqa: PLC0415
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor, ActorKind  # noqa: PLC0415

    bench, now = Actor.system("bench"), clock.now()
    name = f"caller-{number}"
    user = registration.register(name, f"{name}@example.com", PASSWORD, actor=bench, now=now)
    for _ in range(families):
        founding.found(None, actor=Actor(ActorKind.USER, user["_id"], name), now=now)
    return Caller(name, signing_in.open_session(user, actor=bench, now=now).access_token)


@contextlib.contextmanager
def web(application: str, *, workers: int, ready: str) -> Iterator[tuple[int, psutil.Process]]:
    """Serve an application by uvicorn; yields its port and its master process."""
    port = next(ports.candidates(None, "PORT"))
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--workers", str(workers)]
    command += ["--no-access-log", "--log-level", "warning"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "INFO"},
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent(SIGTERM),  # noqa: PLW1509  # this process has one thread
    )
    try:
        _wait(f"http://127.0.0.1:{port}{ready}")
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def worker_memory(master: psutil.Process) -> list[float]:
    """Return the resident memory of each worker in MB, largest first."""
    named = [child for child in master.children() if "spawn_main" in " ".join(child.cmdline())]
    return sorted((child.memory_info().rss / 1e6 for child in named), reverse=True)


def _wait(url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # our own address
                return
        except urllib.error.HTTPError:
            return  # it answers, and that is all that is asked
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)
