"""``manage.py setup`` before the settings can be loaded: it makes the keys, and begins anew with them."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.setup import keys

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / ".env"


def main(words: Sequence[str], *, settings_error: Exception | None = None) -> int:
    """Make the missing keys; returns the exit status when there is more that is wrong.

    Args:
        words: what was typed after ``setup``.
        settings_error: why the settings could not be loaded.
    """
    try:
        made = keys.fill(FILE)
    except OSError as error:
        sys.stderr.write(f"{FILE}: {error.strerror}: docs/install.md says how it is made\n")
        return 1
    if not made:
        sys.stderr.write(f"{settings_error}\nSet it in {FILE.resolve()}, then type it again.\n")
        return 1
    sys.stdout.write(f"Made {', '.join(made)} in {FILE.resolve()}.\n")
    sys.stdout.flush()
    return os.execv(sys.executable, [sys.executable, str(ROOT / "manage.py"), "setup", *words])
