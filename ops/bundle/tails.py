"""The ends of log files that others write."""

import re
from pathlib import Path

from ops.bundle.errors import CannotReadError

MOST_BYTES = 2_000_000


def end(path: Path, *, most: int = MOST_BYTES) -> str:
    """Return the end of a file, from the beginning of a line on.

    Raises:
        CannotReadError: it is not there, or not ours to read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - most))
            text = file.read(most).decode(errors="replace")
    except OSError as error:
        raise CannotReadError(f"{path} cannot be read: {error.strerror}") from error
    if size <= most:
        return text or f"{path} is empty"
    return f"The first {size - most} bytes of {path} are left out.\n" + re.sub(r"\A[^\n]*\n", "", text)
