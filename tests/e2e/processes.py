"""Looking at the processes of this machine, and starting `manage.py`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
# What the tests' own surroundings say must not reach the processes.
OURS = (
    "SBD_MODE",
    "SBD_VAR",
    "MONGODB_URI",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "DJANGO_SETTINGS_MODULE",
    "MAIL_URL",
    "MAIL_FROM",
)
LONGEST_WAIT_SECONDS = 120.0  # on a machine that is busy with other work; it ends as soon as it can


def of(var: Path) -> list[psutil.Process]:
    """Return the living processes that belong to the servers of ``var``, or were started for it."""
    return [process for process in psutil.process_iter() if _belongs(process, str(var))]


def programs(var: Path) -> list[str]:
    """Return what runs for ``var``, each as one word, in order."""
    return sorted(_program(process) for process in of(var))


def find(var: Path, program: str) -> psutil.Process:
    """Return the one process of ``var`` that runs this program."""
    (found,) = [process for process in of(var) if _program(process) == program]
    return found


def left_of(var: Path) -> list[str]:
    """Return what still runs for ``var`` after time enough to end."""
    wait_until(lambda: not of(var))
    return programs(var)


def wait_until(happened: Callable[[], object]) -> bool:
    """Wait for something, but not for ever; tells whether it came."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while not (there := happened()) and time.monotonic() < until:
        time.sleep(0.1)
    return bool(there)


def environment(**variables: str) -> dict[str, str]:
    """Return the environment for a process of its own."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | variables


def manage(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a ``manage.py`` command to its end."""
    return subprocess.run(
        [sys.executable, str(MANAGE), *words],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _belongs(process: psutil.Process, var: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and (
            any(var in word for word in process.cmdline())
            or process.cwd().startswith(var)  # redis-server shows its port where its arguments were
            or process.environ().get("SBD_VAR") == var
        )
    except psutil.Error:  # it has just ended, or it is another person's
        return False


def _program(process: psutil.Process) -> str:
    try:
        words = process.cmdline()
    except psutil.Error:
        return "ended"
    name = Path(words[0].split()[0]).name if words else ""
    if not name.startswith("python"):
        return name
    if str(MANAGE) in words:
        return words[words.index(str(MANAGE)) + 1]
    known = {"ops.embedded.keeper": "keeper", "spawn_main": "worker", "resource_tracker": "tracker"}
    line = " ".join(words)
    return next((program for word, program in known.items() if word in line), words[2])
