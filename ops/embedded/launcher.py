"""Starting and stopping the keeper from any process."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ops.embedded import binaries
from ops.embedded.errors import EmbeddedError
from ops.embedded.layout import Layout
from ops.embedded.place import ROOT
from ops.embedded.state import Servers, is_locked, running

WAIT_SECONDS = 90  # for somebody else's start or stop to end
STOP_SECONDS = 15  # longer than the keeper gives its servers
POLL_SECONDS = 0.02


def start(  # noqa: PLR0913  # each is a yes or no of its own, given by name
    var: Path,
    *,
    mongodb: bool = True,
    redis: bool = True,
    tie_to_parent: bool = False,
    preferred_ports: bool = True,
    test_commands: bool = False,
) -> Servers:
    """Start the servers with the data below ``var``, or find those that run; they can be used on return.

    Args:
        var: made if missing, for the owner alone.
        mongodb: start mongod; not when ``MONGODB_URI`` names another.
        redis: start redis-server; not when ``REDIS_URL`` names another.
        tie_to_parent: stop them when this process ends; else only ``stop`` does.
        preferred_ports: 27017 and 6379 when free, else the next ones; false: random ones.
        test_commands: let tests set fail points in mongod.

    Raises:
        EmbeddedError: they cannot be started, or those that run lack one that is wanted.
    """
    layout = Layout(var.absolute())
    layout.prepare()
    options = [f"--mongod={binaries.find('mongod')}"] if mongodb else []
    options += [f"--redis-server={binaries.find('redis-server')}"] if redis else []
    options += [f"--tie-to={os.getpid()}"] if tie_to_parent else []
    options += [] if preferred_ports else ["--random-ports"]
    options += ["--test-commands"] if test_commands else []
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if servers := running(var):
            return _checked(servers, mongodb=mongodb, redis=redis)
        if not is_locked(layout) and (started := _spawn(layout, options)):
            return started
        time.sleep(POLL_SECONDS)
    message = f"Another start or stop of the servers in {layout.var} does not end"
    raise EmbeddedError(f"{message}: see {layout.log / 'embedded.log'}, or end process {_keeper_pid(layout)}")


def stop(var: Path) -> bool:
    """Stop the servers that run with the data below ``var``; false: none did.

    Returns when they are gone.

    Raises:
        EmbeddedError: they are another person's.
    """
    layout = Layout(var.absolute())
    if not is_locked(layout):
        return False
    keeper = _keeper_pid(layout)
    try:
        _ask(keeper, signal.SIGTERM)
        if not _freed(layout, keeper, STOP_SECONDS):
            _ask(keeper, signal.SIGKILL)
            _freed(layout, keeper, STOP_SECONDS)
    except PermissionError as error:
        raise EmbeddedError(
            f"The servers in {layout.var} are another person's: they must stop them"
        ) from error
    return True


def _spawn(layout: Layout, options: list[str]) -> Servers | None:
    """Start a keeper and hear what it says; ``None``: another one was quicker."""
    hear, tell = os.pipe()
    command = [
        sys.executable,
        "-m",
        "ops.embedded.keeper",
        f"--var={layout.var}",
        f"--report={tell}",
        *options,
    ]
    with (layout.log / "embedded.log").open("ab") as log, os.fdopen(hear) as answers:
        keeper = subprocess.Popen(
            command,
            cwd=ROOT,  # where the package `ops` is found, wherever this process stands
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(tell,),
            start_new_session=True,  # neither Ctrl-C nor the end of the terminal reaches it
        )
        os.close(tell)
        try:
            answer = json.loads(answers.readline() or "{}")
        except BaseException:  # Ctrl-C too: nobody would know of it
            keeper.terminate()
            _collect(keeper)
            raise
    if "servers" not in answer:
        _collect(keeper)
        if "busy" in answer:
            return None
        unknown = f"The keeper of the servers ended: see {layout.log / 'embedded.log'}"
        raise EmbeddedError(answer.get("error", unknown))
    keeper.returncode = 0  # it lives on, and Popen shall not complain of that; `stop` collects it
    return Servers.from_json(answer["servers"])


def _collect(keeper: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a keeper that is ending."""
    try:
        keeper.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()


def _checked(servers: Servers, *, mongodb: bool, redis: bool) -> Servers:
    missing = "MongoDB" if mongodb and not servers.mongodb_uri else None
    missing = "Redis" if redis and not servers.redis_url else missing
    if missing:
        message = f"The embedded servers run without {missing}"
        raise EmbeddedError(f"{message}: stop them first, with `manage.py embedded stop`")
    return servers


def _keeper_pid(layout: Layout) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(layout.lock.read_text())
    return None


def _ask(keeper: int | None, number: signal.Signals) -> None:
    if keeper is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper, number)


def _freed(layout: Layout, keeper: int | None, seconds: float) -> bool:
    """Wait for the lock; collect the keeper if it is our child, or it would stay as a zombie."""
    until = time.monotonic() + seconds
    while is_locked(layout):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    with contextlib.suppress(ChildProcessError):
        if keeper is not None:
            os.waitpid(keeper, 0)
    return True
