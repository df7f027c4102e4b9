"""One server as a child process of the keeper: started on a free port, tied to it, stopped."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Protocol

from ops.embedded import ports
from ops.embedded.errors import EmbeddedError
from ops.embedded.tail import Tail
from ops.embedded.ties import die_with_parent
from ops.embedded.watch import Watch

START_SECONDS = 60  # mongod mends its data after a crash before it listens
# mongod needs one second, redis-server as long as its snapshot takes; both survive the kill that follows.
STOP_SECONDS = 4
POLL_SECONDS = 0.01
NO_LIBRARY = 127  # the loader's status


class Kind(Protocol):
    """What differs between mongod and redis-server."""

    name: str
    program: str
    setting: str
    preferred_port: int
    data: Path
    log: Tail

    def argv(self, port: int) -> list[str]: ...  # noqa: D102
    def address(self, port: int) -> str: ...  # noqa: D102
    def is_ready(self, port: int, pid: int) -> bool: ...  # noqa: D102
    def disconnect(self) -> None: ...  # noqa: D102
    def last_words(self) -> str: ...  # noqa: D102
    def lost_the_port(self) -> bool: ...  # noqa: D102


class InterruptedStartError(Exception):
    """The keeper was asked to stop before the servers were ready."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    kind: Kind
    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def note(self) -> str | None:
        """Say that the port is not the one that documentation and people expect; ``None``: it is."""
        expected = self.kind.preferred_port
        if self.port == expected:
            return None
        return f"Port {expected} is taken: {self.kind.name} listens on {self.port}"


def start(kind: Kind, *, preferred_ports: bool, watch: Watch) -> Server:
    """Start a server and wait until it can be used.

    Raises:
        EmbeddedError: no port is free, or it ended or gave no answer; with its last words.
        InterruptedStartError: the keeper shall stop.
    """
    with _data_lock(kind, watch) as lock:
        for port in ports.candidates(kind.preferred_port if preferred_ports else None, kind.setting):
            kind.log.mark()
            process = _spawn(kind, port, lock)
            if _becomes_ready(kind, process, port, watch):
                return Server(kind, process, port)
            if not kind.lost_the_port():
                message = f"{kind.program} ended at its start ({_status(process)}): {kind.last_words()}"
                raise EmbeddedError(f"{message}; {_advice(kind, process.returncode)}")
    raise AssertionError  # `candidates` ends with an error, never quietly


def stop(servers: list[Server]) -> None:
    """Ask all to end, and kill those that have not after ``STOP_SECONDS``."""
    for server in servers:
        server.process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for server in servers:
        _end(server.process, max(0.0, until - time.monotonic()))


def end_of(server: Server) -> str | None:
    """Say how a server ended by itself; ``None``: it lives."""
    if server.process.poll() is None:
        return None
    words = server.kind.last_words()
    return f"{server.kind.program} ended by itself ({_status(server.process)}): {words}"


def _spawn(kind: Kind, port: int, lock: int) -> "subprocess.Popen[bytes]":
    # Before its log is open, and when the loader finds a library missing, a server speaks to stderr.
    with kind.log.path.open("ab") as log:
        try:
            return subprocess.Popen(
                kind.argv(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=kind.data,
                env={**os.environ, "LC_ALL": "C"},  # mongod ends at once when the locale is not installed
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C is for the keeper's starter, which has them stopped in order
                preexec_fn=die_with_parent(SIGKILL),  # noqa: PLW1509  # one thread, and it takes no lock
            )
        except OSError as error:
            message = f"{kind.argv(port)[0]} does not run here ({error.strerror})"
            raise EmbeddedError(f"{message}: put a {kind.program} on PATH, or set {kind.setting}") from error


def _becomes_ready(kind: Kind, process: "subprocess.Popen[bytes]", port: int, watch: Watch) -> bool:
    """Wait until it is ready (true) or has ended (false); leave nothing behind in any other case."""
    until = time.monotonic() + START_SECONDS
    try:
        while process.poll() is None:
            if kind.is_ready(port, process.pid):
                return True
            if not _may_go_on(watch, until):
                message = f"{kind.program} is not ready after {START_SECONDS} s: {kind.last_words()}"
                raise EmbeddedError(f"{message}; {_advice(kind)}")  # noqa: TRY301  # what follows is for it too
    except BaseException:
        process.terminate()
        _end(process, STOP_SECONDS)
        raise
    finally:
        kind.disconnect()
    return False


def _may_go_on(watch: Watch, until: float) -> bool:
    """Wait a moment; false: the time is over.

    Raises:
        InterruptedStartError: the keeper shall stop.
    """
    if watch.pause(POLL_SECONDS):
        raise InterruptedStartError(watch.reason)
    return time.monotonic() <= until


def _end(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _data_lock(kind: Kind, watch: Watch) -> Iterator[int]:
    """Lock the data directory and yield the lock, for the server to inherit.

    After ``kill -9`` of a keeper its own lock is free while a server may still be ending; this one is free
    only when the last process that uses the data is gone.
    """
    lock = os.open(kind.data, os.O_RDONLY)
    until = time.monotonic() + START_SECONDS
    try:
        while not _taken(lock):
            if not _may_go_on(watch, until):
                message = f"Another {kind.program} uses {kind.data}: end it (`ps aux | grep {kind.program}`)"
                raise EmbeddedError(message)
        yield lock
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _status(process: "subprocess.Popen[bytes]") -> str:
    code = process.returncode
    return f"signal {-code}" if code < 0 else f"status {code}"


def _advice(kind: Kind, status: int | None = None) -> str:
    if status == NO_LIBRARY:
        return "install that library (libcurl.so.4 is in the package libcurl4 of Debian and Ubuntu)"
    return f"see {kind.log.path}, or move {kind.data} away to start with empty data"
