"""The shipped site of nginx, where a web worker dies that it keeps several connections to."""

import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ops.deploy.sites import Front
from tests.ports import refusing_port
from tests.tools import require

KEPT = 7
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh"


class Once(socketserver.StreamRequestHandler):
    """Answers the first request of a connection; at the second it is gone, as with the worker that had it."""

    server: "Server"

    def handle(self) -> None:
        """Answer, once all the first connections are there: so that nginx has one for each."""
        self._read()
        if not self.server.together.broken:
            self.server.together.wait(30)
        self.wfile.write(ANSWER)
        self._read()

    def _read(self) -> None:
        while self.rfile.readline() not in (b"\r\n", b""):
            continue


class Server(socketserver.ThreadingTCPServer):
    """Each connection has a thread of its own."""

    allow_reuse_address = True
    daemon_threads = True
    together = threading.Barrier(KEPT)


@pytest.fixture
def server() -> Iterator[Server]:
    with refusing_port() as port, Server(("127.0.0.1", port), Once) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def front(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The shipped site, before connections that are cut at their second request."""
    nginx = require(request.config, "nginx")
    require(request.config, "openssl")
    front = Front(nginx, tmp_path_factory.mktemp("reads-again"), server.server_address[1])
    yield front
    front.stop()


def test_a_read_goes_past_every_connection_that_died(front: Front, server: Server) -> None:
    # Of two processes of nginx one then keeps at least four of the seven connections.
    with ThreadPoolExecutor(KEPT) as at_once:
        first = [each.result() for each in [at_once.submit(_read, front) for _ in range(KEPT)]]
    server.together.abort()

    second = [_read(front) for _ in range(KEPT)]

    assert (first, second) == ([200] * KEPT, [200] * KEPT)


def _read(front: Front) -> int:
    with front.client() as client:
        return client.get("/family/my-families").status_code
