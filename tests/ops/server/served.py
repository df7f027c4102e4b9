"""A bridge behind a real uvicorn, on a thread of this process; spoken to over a bare socket."""

import contextlib
import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn

from ops import server as process
from ops.server.asgi import Environ, WsgiApplication
from ops.server.bridge import Bridge
from ops.web.problems import rendered

WAIT_SECONDS = 20.0  # only so that a broken test ends
JSON_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Reply:
    """An answer, as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a refusal, after a look at its shape (HTTP contract, section 2.1)."""
        document = json.loads(self.body)
        assert self.headers["content-type"] == JSON_TYPE, self.body
        assert document["status"] == self.status
        assert document["message"] == document["detail"]
        assert document["request_id"] == self.headers["x-request-id"]
        assert str(document.get("retry_after")) == self.headers.get("retry-after", "None")
        return self.status, document["error"]


class _Reader(io.BufferedReader):
    """What comes over a connection; an answer that was read to its end closes nothing."""

    def close(self) -> None:
        """Do nothing: the next answer comes here too."""


class Line:
    """A connection."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self._file = _Reader(self.socket.makefile("rb", buffering=0))

    def send(self, raw: bytes) -> "Line":
        """Send bytes as they are."""
        self.socket.sendall(raw)
        return self

    def reply(self, method: str = "GET") -> Reply:
        """Read one answer to a request of this method."""
        answer = self.head(method)
        body = answer.read()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)

    def head(self, method: str = "GET") -> http.client.HTTPResponse:
        """Read the head of an answer to a request of this method, and leave the body to be read."""
        answer = http.client.HTTPResponse(self, method=method)  # type: ignore[arg-type]  # it asks for the file
        answer.begin()
        return answer

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what comes; ``HTTPResponse`` asks for it."""
        return self._file

    def is_cut(self) -> bool:
        """Tell whether the server hangs up; waits for it, and throws away what comes before."""
        with contextlib.suppress(ConnectionResetError):
            self._file.read()
        return True

    def close(self) -> None:
        """Hang up."""
        self._file.raw.close()
        self.socket.close()


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """Return a request as bytes; the body's length is added when there is one."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Served:
    """A running server."""

    def __init__(self, application: WsgiApplication, *, graceful: int = 10, **options: Any) -> None:
        """Start it, and wait until it listens or has given up."""
        self.bridge = Bridge(application, refuse=rendered, **options)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        config = uvicorn.Config(
            self.bridge, lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=graceful
        )
        self.server = uvicorn.Server(config)
        self._lines: list[Line] = []
        self._thread = threading.Thread(target=self._run, args=(listener,), name="uvicorn", daemon=True)
        self._thread.start()
        until(lambda: self.server.started or not self._thread.is_alive())

    def line(self) -> Line:
        """Return a new connection."""
        line = Line(self.port)
        self._lines.append(line)
        return line

    def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> Reply:
        """Send a request on a connection of its own, and return the answer."""
        return self.line().send(request(method, path, *headers, body=body)).reply(method)

    def ask_stop(self) -> None:
        """Ask it to stop."""
        self.server.should_exit = True

    def stop(self) -> None:
        """Hang up everywhere and stop it."""
        for line in self._lines:
            line.close()
        self.ask_stop()
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        # No process takes it back, since it ends; only this one serves again.
        process._stopping.clear()  # noqa: SLF001  # as above

    @property
    def web(self) -> dict[str, int]:
        """The numbers of the lane of all but health."""
        return dict(self.bridge.stats()["web"])  # type: ignore[arg-type]  # all of its values are numbers

    def _run(self, listener: socket.socket) -> None:
        with listener, contextlib.suppress(SystemExit):  # uvicorn's, when a server does not start
            self.server.run(sockets=[listener])


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, "it never came to be"
        time.sleep(0.002)


class Gate:
    """A WSGI application whose calls below ``/wait`` stand still until the gate opens."""

    def __init__(self) -> None:
        """Start closed."""
        self.opened = threading.Event()
        self.paths: list[str] = []
        self.threads: set[str] = set()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer with the path."""
        path = environ["PATH_INFO"]
        self.paths.append(path)
        self.threads.add(threading.current_thread().name)
        if path.startswith("/wait"):
            self.opened.wait(WAIT_SECONDS)
        return answer(start_response, path.encode())


def answer(start_response: Callable[..., Any], body: bytes, status: str = "200 OK") -> list[bytes]:
    """Answer a WSGI call."""
    start_response(status, [("Content-Type", "text/plain")])
    return [body]
