"""Where people find the system, and whether that is this machine."""

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import TimeoutError as LateError
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from ops.doctor.check import Finding
from ops.doctor.findings import without_settings
from ops.doctor.listeners import LOOPBACK
from ops.doctor.runner import begin

TLS_PORT = 443
NAME_SECONDS = 0.8
ENABLED = Path("/etc/nginx/sites-enabled/sbd-api")


def public() -> tuple[str, int] | None:
    """Return name and port of the public address; ``None``: it is one without TLS."""
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return parts.hostname, parts.port or TLS_PORT


def unknown() -> Finding:
    """Return what a check finds while nothing says where people find the system."""
    return without_settings("nothing says what the public address is")


def is_here(name: str) -> bool:
    """Tell whether the site of nginx is set up on this machine, or its name leads here."""
    return ENABLED.exists() or name in LOOPBACK or bool(set(addresses(name)) & set(_own()))


def addresses(name: str) -> list[str]:
    """Return where a name leads; nowhere, also when nobody tells in time."""
    asked = begin("name", lambda: socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    with contextlib.suppress(LateError, OSError, UnicodeError):
        return list(dict.fromkeys(str(each[4][0]) for each in asked.result(NAME_SECONDS)))
    return []


def _own() -> Iterator[str]:
    for interface in psutil.net_if_addrs().values():
        yield from (each.address for each in interface if each.family in (socket.AF_INET, socket.AF_INET6))
