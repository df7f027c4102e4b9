"""The secrets of demo and tests: made once, kept in ``var/secrets`` for the owner alone."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from family_site.settings.environment import Environment


def missing(environment: "Environment", names: Iterable[str]) -> dict[str, str]:
    """Return a value for each of ``names`` that the environment leaves empty."""
    kept = _kept(environment.sbd_var / "secrets", tuple(names))
    return {name: kept[name] for name in names if not getattr(environment, name)}


def _kept(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Read the file, and write it anew when a name is not in it yet."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if all(name in kept for name in names):
        return kept
    kept = {name: secrets.token_urlsafe(48) for name in names} | kept
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"secrets.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(kept))
    try:
        os.link(draft, path)  # of two processes that start at once the first wins, and both read its file
    except FileExistsError:
        if all(name in json.loads(path.read_text()) for name in names):
            return _kept(path, names)
        draft.replace(path)
        return kept
    finally:
        draft.unlink(missing_ok=True)
    return kept
