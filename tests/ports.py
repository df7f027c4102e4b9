"""Ports of the loopback address for what tests start, and for what must not be there."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ops.embedded import ports


def free_port() -> int:
    """Return a port that nobody has at this moment."""
    return next(ports.candidates(None, "PORT"))


@contextmanager
def refusing_port(port: int = 0) -> Iterator[int]:
    """Yield a port, or hold the given one, that refuses connections for as long.

    Bound, but not listened at: tests that run beside cannot come by it and answer there. A server
    of the test itself may (``SO_REUSEADDR``, as ``http.server`` has it).
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((ports.LOOPBACK, port))
        yield held.getsockname()[1]
