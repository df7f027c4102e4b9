"""Telling the service manager that the server listens: systemd's ``sd_notify``, without its library.

Source: sd_notify(3): one datagram to the socket that ``NOTIFY_SOCKET`` names; ``@`` begins an abstract name.
"""

import os
import socket
import threading
import time

SOCKET = "NOTIFY_SOCKET"
LOOK_SECONDS = 0.05


def tell(**states: str) -> None:
    """Send states, like ``READY="1"``; does nothing where no service manager has started us."""
    if name := os.environ.get(SOCKET):
        address = "\0" + name[1:] if name.startswith("@") else name
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto("\n".join(f"{key}={value}" for key, value in states.items()).encode(), address)


def tell_once_listening(port: int, *, what: str) -> None:
    """Say ``READY`` as soon as the port takes connections; returns at once.

    Args:
        port: on loopback. A single process opens it only after its start has ended, so somebody must look.
        what: what is served, for the status line of ``systemctl status``.
    """
    if SOCKET in os.environ:
        threading.Thread(target=_tell, args=(port, what), name="tell-service-manager", daemon=True).start()


def _tell(port: int, what: str) -> None:
    while not _listens(port):
        time.sleep(LOOK_SECONDS)
    tell(READY="1", STATUS=f"serving {what} on port {port}")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
