"""Who listens on a port of this machine: read from ``/proc``, since no tool need be installed."""

import contextlib
import pwd
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
STOPPED = frozenset("Tt")
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
    pids = sorted(_pids(owners), key=lambda pid: (_started(pid), pid))
    if not pids:
        return Holder((), f"a process of {_user(next(iter(owners.values())))}")
    return Holder(
        tuple(pids),
        f"process {pids[0]} ({_name(pids[0])})",
        tuple(" ".join(_arguments(pid)) for pid in pids),
        tuple(pid for pid in pids if _state(pid) in STOPPED),
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


def _pids(inodes: Iterable[str]) -> Iterator[int]:
    """Yield the processes that have one of these sockets open, as far as we may see them."""
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for process in PROC.iterdir():
        if process.name.isdecimal():
            with contextlib.suppress(OSError):  # it has just ended, or is another user's
                if any(str(each.readlink()) in sockets for each in (process / "fd").iterdir()):
                    yield int(process.name)


def _arguments(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_text(errors="replace").rstrip("\0").split("\0")
    return []


def _name(pid: int) -> str:
    """Return the program; of Python also what it runs, but no arguments: one of them may be a password."""
    program, *arguments = _arguments(pid) or ["?"]
    name = Path(program.split(" ")[0]).name.rstrip(":")  # some write more there: "nginx: master process"
    if not name.startswith("python") or not arguments:
        return name
    if arguments[0] == "-m":
        return f"{name} -m {' '.join(arguments[1:2])}"
    return name if arguments[0].startswith("-") else f"{name} {Path(arguments[0]).name}"


def _stat(pid: int) -> list[str]:
    """Return what follows the name, which may itself hold spaces and brackets."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []


def _state(pid: int) -> str:
    return next(iter(_stat(pid)), "")


def _started(pid: int) -> int:
    """Return when it began, in ticks: workers began after the process that opened the socket for them."""
    stat = _stat(pid)
    return int(stat[19]) if stat else 0


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
