"""The copy of the page in files, which the proxy shows when nothing else answers."""

import os
import tempfile
from pathlib import Path

from django.conf import settings

from ops.status.edition import Edition
from ops.status.knowing import JSON_FILE

PAGE_FILE, FEED_FILE = "index.html", "status.atom"
# The proxy is another user.
FILE_MODE, DIRECTORY_MODE = 0o644, 0o755


def write(edition: Edition) -> None:
    """Put the copy in place, a file after the other; whoever reads meanwhile reads the one before.

    Raises:
        OSError: it cannot be written.
    """
    directory = Path(settings.STATUS_DIR)
    if not directory.is_dir():
        directory.mkdir(parents=True)
        directory.chmod(DIRECTORY_MODE)
    files = {PAGE_FILE: edition.copy, JSON_FILE: edition.json, FEED_FILE: edition.feed}
    for name, content in files.items():
        _put(directory / name, content)


def _put(path: Path, content: bytes) -> None:
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), FILE_MODE)
        Path(new).replace(path)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise
