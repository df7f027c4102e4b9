"""Ports for programs that tests start, and the pages that these show."""

import socket
import urllib.request
from urllib.error import URLError


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def fetched(address: str) -> str:
    """Return a page; empty: nobody answers yet, or refuses."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # an address of ours
            text: str = answer.read().decode()
            return text
    except (URLError, OSError):
        return ""
