"""The exporter: a small server of one page, which answers whatever else is dead."""

import contextlib
import errno
import socket
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ops.logs import logger
from ops.metrics.page import Page

PATH = "/metrics"
LOOPBACK = ("127.0.0.1", "::1")
# Who connects and says nothing holds a thread for so long.
SILENT_SECONDS = 5.0
log = logger(__name__)


class PortTakenError(Exception):
    """Somebody else listens there."""


class Server(ThreadingHTTPServer):
    """Listens on one address."""

    daemon_threads = True

    def __init__(self, address: str, port: int, page: Page | None) -> None:
        """Bind.

        Raises:
            PortTakenError: the port is taken.
            OSError: this machine has no such address.
        """
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.page = page
        try:
            super().__init__((address, port), _Handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError from error
            raise

    def handle_error(self, request: Any, client_address: Any) -> None:  # the library's signature
        """Say nothing: whoever asked has hung up."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = SILENT_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the library's name
        page = self.server.page
        if page is None or self.path.partition("?")[0] != PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"The metrics are at /metrics.\n", "text/plain; charset=utf-8")
            return
        body, content_type = page.rendered(self.headers.get("Accept", ""))
        self._answer(HTTPStatus.OK, body, content_type)

    def do_HEAD(self) -> None:  # as above
        self.do_GET()

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "sbd-metrics"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's signature
        """Log nothing of a reader who comes every few seconds."""


def listen(port: int, page: Page | None) -> list[Server]:
    """Listen on all loopback addresses of this machine; ``localhost`` may mean any of them.

    ``page``: what is served; ``None``: nothing will be.

    Raises:
        PortTakenError: the port is taken on one of them.
    """
    servers: list[Server] = []
    for address in LOOPBACK:
        try:
            servers.append(Server(address, port, page))
        except PortTakenError:
            close(servers)
            raise
        except OSError:  # no IPv6 here
            if not servers:
                raise
    return servers


def free_port(preferred: int, *, most: int = 20) -> int:
    """Return the first port from ``preferred`` on where all loopback addresses are free.

    Raises:
        PortTakenError: so many are taken.
    """
    for port in range(preferred, preferred + most):
        with contextlib.suppress(PortTakenError):
            close(listen(port, None))
            return port
    raise PortTakenError


def serve(servers: Sequence[Server]) -> None:
    """Serve on threads that end with the process."""
    for server in servers:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def close(servers: Sequence[Server]) -> None:
    """Listen no more."""
    for server in servers:
        server.server_close()
