"""Which embedded servers run: asked by every process at its start, so it stays cheap."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops.embedded.layout import Layout

DEFAULT_PORTS = {"mongodb": "27017", "redis": "6379", "rediss": "6379"}


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers.

    Attributes:
        mongodb_uri: address of the one-node replica set; ``None``: not started.
        redis_url: address of database 0; ``None``: not started.
        pid: the keeper, which owns both.
        notes: what differs from the expected, a line each, for people.
        tied_to: pid of the process whose end is theirs; ``None``: they run until ``stop``.
    """

    mongodb_uri: str | None
    redis_url: str | None
    pid: int
    notes: tuple[str, ...] = ()
    tied_to: int | None = None

    def as_json(self) -> str:
        """Return what ``from_json`` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Servers":
        """Read what ``as_json`` wrote.

        Raises:
            ValueError, TypeError, KeyError: it is something else.
        """
        fields = json.loads(text)
        return cls(**{**fields, "notes": tuple(fields["notes"])})

    def are_at(self, uri: str) -> bool:
        """Tell whether a ``mongodb:`` or ``redis:`` URI leads to one of them, under whatever name."""
        ours = _loopback_ports(self.mongodb_uri or "") | _loopback_ports(self.redis_url or "")
        return not ours.isdisjoint(_loopback_ports(uri))


def running(var: Path) -> Servers | None:
    """Return the servers that run with the data below ``var``; ``None`` while there are none.

    Believes the lock, never a file: after ``kill -9`` of the keeper a state file may be left.
    """
    layout = Layout(var.absolute())
    if not is_locked(layout):
        return None
    try:
        servers = Servers.from_json(layout.state.read_text())
        os.kill(servers.pid, 0)  # a new keeper has the lock already, and the file is still its predecessor's
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return servers


def is_locked(layout: Layout) -> bool:
    """Tell whether a keeper lives: starting, serving or stopping."""
    try:
        lock = os.open(layout.lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who look do not see each other
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _loopback_ports(uri: str) -> set[str]:
    """Return the ports of this machine's loopback address that a URI names; it may name many hosts."""
    parts = urlsplit(uri)
    hosts = [host.rpartition(":") for host in _with_ports(parts.netloc.rpartition("@")[2], parts.scheme)]
    return {port for name, _, port in hosts if _is_loopback(name)}


def _with_ports(hosts: str, scheme: str) -> list[str]:
    default = DEFAULT_PORTS.get(scheme, "")
    # The last colon of a bare IPv6 address stands inside the brackets.
    return [host if ":" in host.rpartition("]")[2] else f"{host}:{default}" for host in hosts.split(",")]


def _is_loopback(name: str) -> bool:
    return name.lower() in {"", "localhost", "[::1]", "0.0.0.0"} or name.startswith("127.")  # noqa: S104  # not bound
