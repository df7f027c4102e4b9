"""What the kernel tells of each process, in one file a process: there are hundreds, and little time."""

import contextlib
import os
from dataclasses import dataclass

ROOT = "/proc"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOPPED, OVER = frozenset("Tt"), "Z"


@dataclass(frozen=True, slots=True)
class Stat:
    """A process.

    Attributes:
        name: of the program, at most 15 letters; never its arguments.
        state: a letter, as ``ps`` shows it.
        parent: the number of whoever started it.
        started: seconds after the machine was.
        seconds: of processor time so far.
        resident: bytes in memory.
    """

    name: str
    state: str
    parent: int
    started: float
    seconds: float
    resident: int


def stats() -> dict[int, Stat]:
    """Return all processes that we may see, by their numbers."""
    found = {}
    for name in _names(ROOT):
        if name.isdecimal() and (stat := of(int(name))):
            found[int(name)] = stat
    return found


def of(pid: int) -> Stat | None:
    """Return one; ``None``: it has ended. Source: proc(5)."""
    with contextlib.suppress(OSError), open(f"{ROOT}/{pid}/stat", "rb") as file:  # noqa: PTH123  # quick, as below
        # The name may itself hold spaces and brackets.
        head, _, rest = file.read().decode(errors="replace").rpartition(")")
        words = rest.split()
        return Stat(
            head.partition("(")[2],
            words[0],
            int(words[1]),
            int(words[19]) / TICKS,
            (int(words[11]) + int(words[12])) / TICKS,
            int(words[21]) * PAGE_BYTES,
        )
    return None


def words(pid: int) -> list[str]:
    """Return the command line, which may hold secrets: only to be searched; empty: it has ended."""
    with contextlib.suppress(OSError), open(f"{ROOT}/{pid}/cmdline", "rb") as file:  # noqa: PTH123  # quick, as below
        told = file.read().decode(errors="replace").rstrip("\0")
        return told.split("\0") if told else []
    return []


def sockets() -> dict[str, set[int]]:
    """Return who has which socket open, by the socket's number; as far as we may look into processes."""
    found: dict[str, set[int]] = {}
    for pid in filter(str.isdecimal, _names(ROOT)):
        directory = f"{ROOT}/{pid}/fd"
        with contextlib.suppress(OSError):  # it has just ended, or is another user's
            for name in _names(directory):
                link = _link(f"{directory}/{name}")
                if link.startswith("socket:["):
                    found.setdefault(link[8:-1], set()).add(int(pid))
    return found


def _names(directory: str) -> list[str]:
    return os.listdir(directory)  # noqa: PTH208  # paths would take five times as long


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115  # as above
    except OSError:
        return ""
