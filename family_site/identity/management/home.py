"""Lines of ours in files of a person's home, between two marks; what else is there stays as it is.

A file is replaced as a whole, so that nobody reads half of it, and only if nobody else wrote it meanwhile.
"""

import os
import re
from pathlib import Path

from ops import files

BEGIN = "# >>> families: written by operator_setup, and replaced by it >>>"
END = "# <<< families <<<"
_OURS = re.compile(rf"^{re.escape(BEGIN)}\n(.*?)^{re.escape(END)}\n?", re.MULTILINE | re.DOTALL)


class NotOursError(Exception):
    """A file is not as we can change it; the message says why."""


def read(path: Path) -> str:
    """Return what a file holds; a missing one is empty.

    Raises:
        NotOursError: it is no plain file of text, or has one of our marks without the other.
    """
    if path.is_symlink():
        raise NotOursError(f"{path} is a link; a secret would come to lie where it leads.")
    if not path.exists():
        return ""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise NotOursError(f"{path} cannot be read: {error}.") from error
    lines = text.splitlines()
    if not lines.count(BEGIN) == lines.count(END) == len(_OURS.findall(text)) <= 1:
        raise NotOursError(f"{path} has marks of operator_setup that do not belong together; take them out.")
    return text


def ours(text: str) -> str:
    """Return what stands between the marks; nothing: they are not there."""
    found = _OURS.search(text)
    return found[1] if found else ""


def others(text: str) -> str:
    """Return what the person has besides."""
    return _OURS.sub("", text)


def with_ours(text: str, lines: str) -> str:
    """Return the text with these lines of ours in place of those before, at its beginning.

    There, since of two entries for one machine the first holds, and a ``default`` holds for all after it.
    """
    return f"{BEGIN}\n{lines}{END}\n{others(text)}"


def write(path: Path, text: str, *, mode: int) -> None:
    """Put a text in the place of a file; without one there is no file.

    Args:
        path: the file.
        text: all of it.
        mode: who may read it, whatever it was before.
    """
    if not text:
        path.unlink(missing_ok=True)
        return
    files.replace(path, text, mode=mode, owner=_owner_of(path.parent))


def _owner_of(home: Path) -> tuple[int, int] | None:
    """Return whose home it is, to whom a file that root writes there belongs; ``None``: to us."""
    if os.geteuid() != 0:
        return None
    owner = home.stat()
    return owner.st_uid, owner.st_gid
