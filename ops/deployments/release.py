"""The release that this process is: its version and the commit that it was made from.

A release that was made to be installed says so in a file ``RELEASE``; a checkout is asked for its commit.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FILE = "RELEASE"
REFERENCE = "ref: "


@dataclass(frozen=True, slots=True)
class Release:
    """What was made when.

    Attributes:
        version: as in ``family_site.__version__``.
        commit: all digits; ``None``: nobody knows.
        built_at: when it was made, in ISO 8601; ``None``: it is a checkout.
    """

    version: str
    commit: str | None
    built_at: str | None


@cache
def current() -> Release:
    """Return it; read once, since a process stays what it was when it began."""
    return of(settings.ROOT_DIR, settings.VERSION)


def of(root: Path, version: str) -> Release:
    """Return the release whose code lies in a directory."""
    try:
        told = json.loads((root / FILE).read_text())
        return Release(str(told["version"]), str(told["commit"]), str(told["built_at"]))
    except FileNotFoundError:
        return Release(version, _commit_of(root / ".git"), None)


def _commit_of(git: Path) -> str | None:
    """Return the commit that is checked out, without a ``git`` to ask; ``None``: this is no checkout."""
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith(REFERENCE):
            return head
        name = head.removeprefix(REFERENCE)
        if (git / name).exists():
            return (git / name).read_text().strip()
        packed = (line.split() for line in (git / "packed-refs").read_text().splitlines())
        return next((words[0] for words in packed if words[1:] == [name]), None)
    except OSError:
        return None
