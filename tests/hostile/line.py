"""A bare connection: sends bytes as they are, reads answers strictly."""

import json
import socket
from dataclasses import dataclass
from functools import cached_property
from typing import Any

WAIT_SECONDS = 30.0  # only so that a broken test ends
PIECE = 65_536
CONTINUE = 100
EMPTY_STATUSES = frozenset({204, 304})


class HungUpError(Exception):
    """The server closed the connection before an answer was whole."""


@dataclass(frozen=True)
class Answer:
    """An answer, as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @cached_property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def closes(self) -> bool:
        """Whether the server says that it hangs up."""
        return self.headers.get("connection", "").lower() == "close"


class Line:
    """One connection, from any address of the loopback's network: limits count by address."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS, (address, 0))
        self._held = b""

    def send(self, raw: bytes) -> "Line":
        """Send bytes; a server that has hung up meanwhile may still have answered."""
        try:
            self.socket.sendall(raw)
        except (BrokenPipeError, ConnectionResetError):
            return self
        return self

    def finish(self) -> "Line":
        """Say that nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self, method: str = "GET") -> Answer:
        """Read one answer to a request of this method.

        Raises:
            HungUpError: there is none, or only the beginning of one.
        """
        status = CONTINUE
        while status == CONTINUE:
            head = self._until(b"\r\n\r\n").decode("latin-1")
            first, *lines = head[:-4].split("\r\n")
            status = int(first.split(" ", 2)[1])
        parts = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in parts}
        return Answer(status, headers, self._body(method, status, headers))

    def rest(self) -> bytes:
        """Read what comes until the server hangs up."""
        while self._more():
            continue
        held, self._held = self._held, b""
        return held

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _body(self, method: str, status: int, headers: dict[str, str]) -> bytes:
        if method == "HEAD" or status in EMPTY_STATUSES:
            return b""
        if "content-length" in headers:
            return self._take(int(headers["content-length"]))
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rest()

    def _chunk(self) -> bytes:
        chunk = self._take(int(self._until(b"\r\n"), 16))
        self._take(2)
        return chunk

    def _until(self, end: bytes) -> bytes:
        while (found := self._held.find(end)) < 0:
            if not self._more():
                raise HungUpError(self._held[:200])
        return self._take(found + len(end))

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            if not self._more():
                raise HungUpError(self._held[:200])
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _more(self) -> bool:
        try:
            piece = self.socket.recv(PIECE)
        except ConnectionResetError:
            return False
        self._held += piece
        return bool(piece)
