"""The keys of an installation, made once and written into its environment file."""

import re
import secrets
from pathlib import Path

from ops import files

NAMES = ("SECRET_KEY", "JWT_SIGNING_KEY", "LINK_SIGNING_KEY", "FIELD_KEY", "AUDIT_KEY")
# Made with the others, and not later: who left it empty then wants older backups as they are.
OF_BACKUPS = "BACKUP_KEY"
RANDOM_BYTES = 48


def fill(path: Path) -> list[str]:
    """Make the keys that a file has no value for; returns their names. What there is stays as it is.

    The file keeps its mode and its owner, and is whole at every moment.

    Raises:
        OSError: it is not there, or cannot be written.
    """
    text = path.read_text()
    missing = [name for name in NAMES if not _has_value(text, name)]
    if missing == list(NAMES) and not _has_value(text, OF_BACKUPS):
        missing.append(OF_BACKUPS)
    for name in missing:
        text = with_value(text, name, new())
    if missing:
        write(path, text)
    return missing


def write(path: Path, text: str) -> None:
    """Put a text in the place of an environment file, which keeps its mode and its owner.

    Raises:
        OSError: it cannot be written.
    """
    before = path.stat()
    owner = (before.st_uid, before.st_gid)
    files.replace(path.resolve(), text, mode=before.st_mode & 0o7777, owner=owner)


def new() -> str:
    """Make a key."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def value_of(text: str, name: str) -> str:
    """Return what an environment file has for a name, without the quotes around it; nothing: empty."""
    found = re.search(rf"^{name}=[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    value = found[1] if found else ""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _has_value(text: str, name: str) -> bool:
    return re.search(rf"^{name}=[ \t]*\S", text, re.MULTILINE) is not None


def with_value(text: str, name: str, value: str) -> str:
    """Return an environment file's text with another value for a name, at its place or at the end."""
    line = re.compile(rf"^{name}=.*$", re.MULTILINE)
    if line.search(text):
        return line.sub(lambda _: f"{name}={value}", text, count=1)  # a value is no template
    return f"{text.rstrip()}\n{name}={value}\n"
