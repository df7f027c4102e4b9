"""The archive: one file, readable by its owner alone, whole or not there."""

import io
import os
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ops.bundle.taking import File

FILE_MODE, DIRECTORY_MODE = 0o600, 0o700
ENDING = ".tar.gz"


def name(section: int | None, now: datetime) -> str:
    """Return what a bundle is called, without an ending."""
    of = "all" if section is None else f"section-{section}"
    return f"support-{now:%Y%m%dT%H%M%SZ}-{of}"


def write(files: Sequence[File], stem: str, path: Path, *, now: datetime) -> None:
    """Write the files, in a directory of this name; whatever was at the path before is replaced.

    Raises:
        OSError: the directory is not ours, or there is no room.
    """
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # for its owner alone
    try:
        with os.fdopen(number, "wb") as opened, tarfile.open(fileobj=opened, mode="w:gz") as archive:
            for each in files:
                entry = tarfile.TarInfo(f"{stem}/{each.name}")  # names no user of this machine
                entry.size, entry.mtime, entry.mode = len(each.content), int(now.timestamp()), FILE_MODE
                archive.addfile(entry, io.BytesIO(each.content))
        Path(draft).chmod(FILE_MODE)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
