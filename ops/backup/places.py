"""Where backups lie, and what they are called. Source: runbook, recovery (R092, R097).

Below the one directory::

    mongodb/latest -> 20261126T030000Z      a link, so that it changes in one step
    mongodb/20261126T030000Z/               plain, as `mongorestore` takes it
    mongodb/20261125T030000Z.tar.gz[.enc]   older ones
    mongodb/20261125T030000Z.keep           says that this one is never deleted
    mongodb/before-restore-20261126T101500Z.tar.gz[.enc]
    redis/latest/dump.rdb
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO

from ops.backup.errors import BusyError

DIRECTORY_MODE, FILE_MODE = 0o700, 0o600
PACKED, ENCRYPTED, KEEP = ".tar.gz", ".tar.gz.enc", ".keep"
SAFETY = "before-restore-"
UNFINISHED = ".unfinished-"
NAME = re.compile(rf"(?:{SAFETY})?\d{{8}}T\d{{6}}Z\Z")
LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Places:
    """The places below one directory."""

    root: Path

    @property
    def mongodb(self) -> Path:
        """Backups of MongoDB."""
        return self.root / "mongodb"

    @property
    def latest(self) -> Path:
        """The link to the newest of them."""
        return self.mongodb / "latest"

    @property
    def redis(self) -> Path:
        """The newest copy of Redis."""
        return self.root / "redis" / "latest" / "dump.rdb"

    @property
    def unpacked(self) -> Path:
        """Where the archive lies unpacked that is being restored, or tried."""
        return self.mongodb / ".unpacked"

    def make(self) -> None:
        """Make what is not there, for nobody but us to look into."""
        for each in (self.root, self.mongodb, self.redis.parent.parent, self.redis.parent):
            each.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)

    def plain(self) -> list[Path]:
        """Return the plain backups, the oldest first."""
        return sorted(each for each in self.mongodb.glob("*Z") if NAME.match(each.name) and each.is_dir())

    def archives(self, prefix: str = "") -> list[Path]:
        """Return the archives whose names begin so, the oldest first."""
        found = (each for each in self.mongodb.iterdir() if name_of(each) and each.is_file())
        return sorted(each for each in found if each.name.startswith(prefix or ("1", "2")))

    def is_kept(self, name: str) -> bool:
        """Tell whether somebody said that this one must stay."""
        return (self.mongodb / f"{name}{KEEP}").exists()

    def free_name(self, now: datetime) -> str:
        """Return the name of a backup of this time, or of the second after it, if that one is there."""
        name = f"{now:%Y%m%dT%H%M%SZ}"
        while any(self.mongodb.glob(f"*{name}*")):
            time.sleep(LOOK_AGAIN_SECONDS)
            name = f"{datetime.now(now.tzinfo):%Y%m%dT%H%M%SZ}"
        return name

    def sweep(self) -> None:
        """Remove what one that was killed has left; only while nobody else is at work."""
        for each in (*self.mongodb.glob(f"{UNFINISHED}*"), *self.redis.parent.glob(f"{UNFINISHED}*")):
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            else:
                each.unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one at work here; a lock that ends with its process, however that ends.

        Raises:
            BusyError: somebody else is.
        """
        self.make()
        with private(self.root / "lock") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                raise BusyError(f"Another backup, restore or drill is at work in {self.root}.") from None
            yield


def name_of(archive: Path) -> str | None:
    """Return the name of the backup that is in an archive; ``None``: it is no archive of ours."""
    for suffix in (ENCRYPTED, PACKED):
        name = archive.name.removesuffix(suffix)
        if name != archive.name and NAME.match(name):
            return name
    return None


def private(path: Path) -> IO[bytes]:
    """Open a file to be written that nobody else may read; what it held is gone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE), "wb")


def settle(file: IO[bytes]) -> None:
    """See to it that what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def settle_directory(path: Path) -> None:
    """See to it that the names in a directory are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def point(link: Path, name: str) -> None:
    """Let a link lead to another name beside it, in one step."""
    fresh = link.with_name(f"{UNFINISHED}{link.name}")
    fresh.symlink_to(name)
    fresh.replace(link)
    settle_directory(link.parent)
