"""One call of a web server, and how long it took."""

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from typing import NamedTuple

HOST = "127.0.0.1"
MOST_BYTES = 200_000
LEAST_SECONDS = 0.1  # else it is not worth another try
Unanswered = (OSError, http.client.HTTPException)


class Answer(NamedTuple):
    """What came back: ``headers`` by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float


def get(port: int, path: str, seconds: float) -> Answer:
    """Ask the web process on this machine.

    Raises:
        OSError, HTTPException: no answer.
    """
    return asked(http.client.HTTPConnection(HOST, port, timeout=seconds), path, {"Host": "localhost"})


def asked(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> Answer:
    """Ask over a connection, which is closed then.

    Raises:
        OSError, HTTPException: no answer.
    """
    started = time.perf_counter()
    try:
        connection.request("GET", path, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES)
    finally:
        connection.close()
    took = (time.perf_counter() - started) * 1000
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body, took)


def get_by_name(port: int, name: str, path: str, seconds: float) -> Answer:
    """Ask whoever speaks TLS on this machine for a site of this name, for compressed words if it has them.

    Any certificate will do: what is wrong with it the check of TLS tells.

    Raises:
        OSError, HTTPException: no answer.
    """
    connection = http.client.HTTPConnection(name, port, timeout=seconds)
    plain = socket.create_connection((HOST, port), timeout=seconds)
    try:
        connection.sock = trusting().wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise
    return asked(connection, path, {"Host": name, "Accept-Encoding": "gzip"})


def trusting() -> ssl.SSLContext:
    """Return a context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def best(port: int, path: str, *, enough: float, seconds: float) -> Answer:
    """Ask the web process a few times, and return the quickest answer: what is slow is so each time.

    Args:
        port: of the web process.
        path: what to ask for.
        enough: milliseconds below which one answer will do.
        seconds: for all of it.

    Raises:
        OSError, HTTPException: no answer.
    """
    until = time.monotonic() + seconds
    found = get(port, path, seconds)
    with contextlib.suppress(*Unanswered):
        while found.milliseconds >= enough and (left := until - time.monotonic()) > LEAST_SECONDS:
            found = min(found, get(port, path, left), key=lambda each: each.milliseconds)
    return found
