"""A backup in one compressed file, encrypted where ``BACKUP_KEY`` is set."""

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, Any

from ops.backup.encryption import Opener, Sealer
from ops.backup.errors import DamagedError
from ops.backup.places import (
    DIRECTORY_MODE,
    ENCRYPTED,
    PACKED,
    UNFINISHED,
    private,
    settle,
    settle_directory,
)

# Of BSON hardly more is gained by the slower levels.
LEVEL = 3


def pack(directory: Path, key: str) -> Path:
    """Put a plain backup into an archive beside it, and remove the plain one; returns the archive."""
    archive = directory.with_name(f"{directory.name}{ENCRYPTED if key else PACKED}")
    unfinished = directory.with_name(f"{UNFINISHED}{archive.name}")
    with private(unfinished) as file:
        sealer = Sealer(file, key) if key else None
        _write(directory, sealer or file)
        if sealer:
            sealer.finish()
        settle(file)
    unfinished.replace(archive)
    settle_directory(archive.parent)
    shutil.rmtree(directory)
    return archive


def unpack(archive: Path, into: Path, key: str) -> None:
    """Put what is in an archive into a fresh directory.

    Raises:
        DamagedError: the archive is not whole.
        WrongKeyError: it was encrypted with another key.
    """
    into.mkdir(mode=DIRECTORY_MODE)
    with archive.open("rb") as file:
        try:
            _read(Opener(file, key) if archive.name.endswith(ENCRYPTED) else file, into)
        except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error):
            raise DamagedError(f"{archive.name} was changed, or cut off.") from None


def _write(directory: Path, target: Any) -> None:
    # Without the time and name that gzip would add; the files' own are in the tar.
    with (
        gzip.GzipFile("", "wb", LEVEL, target, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for path in sorted(directory.iterdir()):
            tar.add(path, path.name, recursive=False)


def _read(source: Any, into: Path) -> None:
    with gzip.GzipFile(fileobj=source) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None or Path(member.name).name != member.name:
                raise DamagedError(f"The archive holds {member.name}, which no backup of ours has.")
            _copy(content, into / member.name)
        # To the very end: only there is the sum of the whole, and the proof that nothing was cut off.
        while packed.read(2**20):
            pass
        source.read(1)


def _copy(content: IO[bytes], path: Path) -> None:
    with private(path) as file:
        shutil.copyfileobj(content, file, 2**20)
