"""The processes that are measured: web processes of either side, and what works beside ours."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from signal import SIGTERM

import psutil

from ops.embedded import ports
from ops.embedded.ties import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 30
ANSWER = 20.0  # seconds that a process has to end


@contextlib.contextmanager
def ours(workers: int, *, python: str = sys.executable) -> Iterator[tuple[int, psutil.Process]]:
    """Serve this system as `make run` does, by an interpreter; yields its port and its master process."""
    port = next(ports.candidates(None, "PORT"))
    _, *words = _commands(port, workers)["web"]
    with _running([python, *words], PORT=str(port)) as process:
        _wait(f"http://127.0.0.1:{port}/health/ready")
        yield port, psutil.Process(process.pid)


@contextlib.contextmanager
def floor(workers: int) -> Iterator[tuple[int, psutil.Process]]:
    """Serve the floor; yields its port and its master process."""
    port = next(ports.candidates(None, "PORT"))
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.floor:app",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    with _running([*command, "--no-access-log", "--log-level", "warning"]) as process:
        _wait(f"http://127.0.0.1:{port}/docs")
        yield port, psutil.Process(process.pid)


@contextlib.contextmanager
def background() -> Iterator[None]:
    """Run the worker and beat beside, as in use."""
    commands = _commands(0, 1)
    with _running(commands["worker"]), _running(commands["beat"]):
        yield


def worker_memory(master: psutil.Process) -> list[float]:
    """Return the resident memory of each worker in MB, largest first."""
    return sorted((child.memory_info().rss / 1e6 for child in workers_of(master)), reverse=True)


def workers_of(master: psutil.Process) -> list[psutil.Process]:
    """Return the processes that answer; a single one has no master."""
    return [child for child in master.children() if "spawn_main" in " ".join(child.cmdline())] or [master]


def _commands(port: int, workers: int) -> dict[str, list[str]]:
    from family_site.settings.running import processes  # noqa: PLC0415  # what settings read must be there first

    return processes(port=port, workers=workers)


@contextlib.contextmanager
def _running(command: Sequence[str], **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "INFO", **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(SIGTERM),  # noqa: PLW1509  # this process starts no thread before
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(ANSWER)


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
