"""Files that are whole at every moment."""

import os
import tempfile
from pathlib import Path


def replace(path: Path, text: str, *, mode: int, owner: tuple[int, int] | None) -> None:
    """Put a text in the place of a file, at one stroke.

    Args:
        path: the file.
        text: all of it.
        mode: who may read it, whatever it was before.
        owner: the ids of user and group that it is to belong to; ``None``: ours.
    """
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by its owner only
    try:
        with os.fdopen(number, "w") as file:
            file.write(text)
            os.fchmod(file.fileno(), mode)
            if owner not in {None, (os.geteuid(), os.getegid())}:
                os.fchown(file.fileno(), *owner)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
