"""Which of the processes that count still lives: each holds a lock on a file of its own as long as it does.

A pid alone would not say: it is used again, and in another container it is another process' or nobody's. The
kernel takes the lock away, however the process ends.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".alive"
# A file without a lock belongs to a process that is about to take it, or to one that has ended.
YOUNG_SECONDS = 60.0


class Identity:
    """The name of this process among those that count."""

    def __init__(self, directory: Path) -> None:
        """Take the directory; nothing is written before the first name."""
        self._directory = directory
        self._lock: int | None = None

    def take(self) -> str:
        """Return a name that no other process has had, or will have."""
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        # The lock is there before the first count, so that nobody takes these for a dead process' counts.
        self._lock = os.open(self._directory / f"{name}{SUFFIX}", os.O_RDWR | os.O_CREAT, 0o640)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return name

    def leave(self) -> None:
        """Let the name be the parent's: this is a child after a fork."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def dead(directory: Path, name: str) -> Iterator[bool]:
    """Tell whether the process of this name has ended; nobody else takes it for dead meanwhile."""
    try:
        lock = os.open(directory / f"{name}{SUFFIX}", os.O_RDONLY)
    except FileNotFoundError:
        yield True
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def living(directory: Path) -> list[str]:
    """Return the names of the processes that live."""
    names = (path.name.removesuffix(SUFFIX) for path in directory.glob(f"*{SUFFIX}"))
    return sorted(name for name in names if not _has_ended(directory, name))


def forget(directory: Path, name: str) -> None:
    """Remove the lock of a process that has ended."""
    (directory / f"{name}{SUFFIX}").unlink(missing_ok=True)


def forget_ended(directory: Path) -> None:
    """Remove the locks of processes that ended some time ago, without counts of theirs."""
    for path in directory.glob(f"*{SUFFIX}"):
        name = path.name.removesuffix(SUFFIX)
        with dead(directory, name) as is_dead:
            if is_dead and not any(directory.glob(f"*_{name}.db")) and _age(path) > YOUNG_SECONDS:
                path.unlink(missing_ok=True)


def _has_ended(directory: Path, name: str) -> bool:
    with dead(directory, name) as is_dead:
        return is_dead


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
