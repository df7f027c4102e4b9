"""Who listens on a port of this machine: read from ``/proc``, since no tool need be installed."""

import contextlib
import pwd
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.doctor import proc

PROC = Path("/proc")
TABLES = ("tcp", "tcp6")
LISTEN = "0A"
# Addresses, as the kernel prints them, that take what is sent to 127.0.0.1 or ::1.
LOCAL = frozenset(
    {
        "00000000",
        "0100007F",
        "0" * 32,
        "0" * 24 + "01000000",
        "0000000000000000FFFF00000100007F",
    }
)
# Who has opened a socket keeps it that long, and may have started others that have it, too.
KEPT_SECONDS = 0.5
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever has a port.

    Attributes:
        pids: its processes, the first one first; none: they are another user's, and hidden from us.
        name: for people.
        command_lines: of its processes; may hold secrets, so only to be searched.
        stopped: those that a signal stopped: they keep the port and do nothing.
    """

    pids: tuple[int, ...]
    name: str
    command_lines: tuple[str, ...] = ()
    stopped: tuple[int, ...] = ()


def holder(port: int) -> Holder | None:
    """Return who listens on a port of the loopback address; ``None``: nobody, or there is no ``/proc``."""
    owners = dict(_listening(port))
    if not owners:
        return None
    pids = sorted(_owners.of(owners), key=lambda pid: (_started(pid), pid))
    if not pids:
        return Holder((), f"a process of {_user(next(iter(owners.values())))}")
    return Holder(
        tuple(pids),
        f"process {pids[0]} ({_name(pids[0])})",
        tuple(" ".join(proc.words(pid)) for pid in pids),
        tuple(pid for pid in pids if _is_stopped(pid)),
    )


def _listening(port: int) -> Iterator[tuple[str, int]]:
    """Yield the listening sockets: inode and user."""
    for table in TABLES:
        with contextlib.suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                address, _, number = fields[1].partition(":")
                if fields[3] == LISTEN and int(number, 16) == port and address in LOCAL:
                    yield fields[9], int(fields[7])


class _Owners:
    """Who has which socket open. It takes long to find out, and several checks ask at once: once will do."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._seen: dict[str, set[int]] = {}
        self._seen_at = -KEPT_SECONDS

    def of(self, inodes: Iterable[str]) -> set[int]:
        """Return the processes that have one of these open, as far as we may see them."""
        asked_at = time.monotonic()
        with self._looking:
            found = self._found(inodes)
            is_old = self._seen_at < asked_at - KEPT_SECONDS
            if is_old or (not found and self._seen_at < asked_at):
                self._seen_at = time.monotonic()
                self._seen = proc.sockets()
                found = self._found(inodes)
        return found

    def _found(self, inodes: Iterable[str]) -> set[int]:
        return {pid for inode in inodes for pid in self._seen.get(inode, ()) if proc.of(pid)}


_owners = _Owners()


def _name(pid: int) -> str:
    """Return the program; of Python also what it runs, but no arguments: one of them may be a password."""
    program, *arguments = proc.words(pid) or ["?"]
    name = Path(program.split(" ")[0]).name.rstrip(":")  # some write more there: "nginx: master process"
    if not name.startswith("python") or not arguments:
        return name
    if arguments[0] == "-m":
        return f"{name} -m {' '.join(arguments[1:2])}"
    return name if arguments[0].startswith("-") else f"{name} {Path(arguments[0]).name}"


def _started(pid: int) -> float:
    """Return when it began: workers began after the process that opened the socket for them."""
    stat = proc.of(pid)
    return stat.started if stat else 0.0


def _is_stopped(pid: int) -> bool:
    stat = proc.of(pid)
    return stat is not None and stat.state in proc.STOPPED


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
