"""Free ports of the loopback address."""

import socket
from collections.abc import Iterator

from ops.embedded.errors import EmbeddedError

LOOPBACK = "127.0.0.1"
RANGE = 20  # so many are tried from the preferred one on


def is_free(port: int) -> bool:
    """Tell whether a server could listen here now; connections that just ended do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Tell whether somebody takes connections here."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def candidates(preferred: int | None, setting: str) -> Iterator[int]:
    """Yield ports that are free at this moment: the preferred one and its successors, or random ones.

    Whoever starts a server takes the next one when somebody else was quicker.

    Raises:
        EmbeddedError: all are taken; ``setting`` is the variable that names another server.
    """
    for port in range(preferred, preferred + RANGE) if preferred else _random():
        if is_free(port):
            yield port
    which = f"All ports from {preferred} to {preferred + RANGE - 1}" if preferred else "All ports tried"
    message = f"{which} are taken: stop what listens there (`ss -ltnp` names it), or set {setting}"
    raise EmbeddedError(message)


def _random() -> Iterator[int]:
    for _ in range(RANGE):
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
        yield port
