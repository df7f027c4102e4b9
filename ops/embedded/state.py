"""Which embedded servers run: asked by every process at its start, so it stays cheap."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.embedded.layout import Layout


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers.

    Attributes:
        mongodb_uri: address of the one-node replica set; ``None``: not started.
        redis_url: address of database 0; ``None``: not started.
        pid: the keeper, which owns both.
        notes: what differs from the expected, a line each, for people.
    """

    mongodb_uri: str | None
    redis_url: str | None
    pid: int
    notes: tuple[str, ...] = ()

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
