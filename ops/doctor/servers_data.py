"""Where servers on this machine have their data: asked of their processes, as far as these are shown."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from ops.doctor import listeners, proc
from ops.doctor.listeners import LOOPBACK
from ops.doctor.whereabouts import Whereabouts

MONGODB, REDIS = "MongoDB's data", "Redis' data"
# Held open by every mongod, in its directory.
LOCK = "mongod.lock"
REDIS_PORT = 6379


def directories(where: Whereabouts) -> dict[str, Path]:
    """Return the directories, by their names for people."""
    found: dict[str, Path] = {}
    for pid in _holders(_mongodb_ports(where)):
        with contextlib.suppress(OSError):
            links = [each.readlink() for each in Path(proc.ROOT, str(pid), "fd").iterdir()]
            found.update((MONGODB, link.parent) for link in links if link.name == LOCK)
    for pid in _holders(_redis_ports(where)):  # it works in its directory
        with contextlib.suppress(OSError):
            found[REDIS] = Path(proc.ROOT, str(pid), "cwd").readlink()
    return found


def _holders(ports: Iterator[int]) -> Iterator[int]:
    for port in ports:
        holder = listeners.holder(port)
        yield from holder.pids if holder else ()


def _mongodb_ports(where: Whereabouts) -> Iterator[int]:
    # What is no address the check of MongoDB tells.
    with contextlib.suppress(PyMongoError, ValueError):
        if where.mongodb and where.mongodb.startswith("mongodb://"):
            nodes = parse_uri(where.mongodb, validate=False)["nodelist"]
            yield from (port for host, port in nodes if host in LOOPBACK and port)


def _redis_ports(where: Whereabouts) -> Iterator[int]:
    with contextlib.suppress(ValueError):
        parts = urlsplit(where.redis or "")
        if parts.hostname in LOOPBACK:
            yield parts.port or REDIS_PORT
