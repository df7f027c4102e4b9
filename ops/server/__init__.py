"""The server's inside: HTTP comes in through ASGI, and a fixed pool of threads answers it through WSGI."""

import threading

_stopping = threading.Event()


def draining() -> bool:
    """Tell whether this process is about to end, and should be sent no more requests."""
    return _stopping.is_set()


def drain() -> None:
    """Say that this process is about to end; what it already accepted is still served."""
    _stopping.set()
