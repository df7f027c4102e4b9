"""The secrets of demo and tests: made once, kept in ``var/secrets`` for the owner alone."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from family_site.settings.environment import Environment


def missing(environment: "Environment", names: Iterable[str]) -> dict[str, str]:
    """Return a value for each of ``names`` that the environment leaves empty."""
    kept = _kept(environment.sbd_var / "secrets", tuple(names))
    return {name: kept[name] for name in names if not getattr(environment, name)}


def _kept(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Read the file; when a name is not in it yet, add a value, which is then everybody's."""
    kept = _read(path)
    if all(name in kept for name in names):
        return kept
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone_in(path.parent):
        # Of two processes that start at once the first makes the values, and the other finds them here.
        kept = _read(path)
        kept = {name: secrets.token_urlsafe(48) for name in names} | kept
        _write(path, kept)
    return kept


def _read(path: Path) -> dict[str, str]:
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return kept


def _write(path: Path, kept: dict[str, str]) -> None:
    """Put a whole file in the place of the one before: who reads meanwhile sees one or the other."""
    draft = path.with_name(f"secrets.{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(kept))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Wait for whoever else is adding to the secrets; the lock ends with its process."""
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
