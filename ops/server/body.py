"""Reading a request's body: whole, limited before it is read, and not for ever."""

import asyncio
from collections.abc import Mapping

from ops.errors import ServiceUnavailableError
from ops.server.asgi import RawHeaders, Receive, Scope
from ops.server.errors import BadLengthError, ClientGoneError, SlowBodyError, UnreadBodyError

BODY_BYTES = 64 * 1024
# Bodies that are being read at one time, all together; thousands of slow senders must not fill the memory.
HELD_BYTES = 128 * 1024 * 1024
# Beyond the first 64 KiB a body may take as long as this many bytes a second need.
LEAST_RATE = 128 * 1024
# Beyond it there is no file on earth; and Python takes its time for numbers of thousands of digits.
MOST_DIGITS = 18
# Their body means nothing and is not read (contract, section 1.1).
BODILESS = frozenset({"GET", "HEAD"})


class Bodies:
    """Reads the bodies of one process."""

    def __init__(self, *, limits: Mapping[str, int], seconds: float) -> None:
        """Take the larger limits, in bytes by prefix of the path, and the time for a body of 64 KiB."""
        self._limits = sorted(limits.items(), key=lambda entry: len(entry[0]), reverse=True)
        self._seconds = seconds
        self._held = 0

    async def read(self, scope: Scope, path: str, receive: Receive) -> bytes:
        """Return the whole body.

        Raises:
            UnreadBodyError: it is, or says that it is, larger than the path takes.
            BadLengthError: its length is not a number, or several.
            SlowBodyError: it did not come in time.
            ServiceUnavailableError: too many bodies are being read at this moment.
            ClientGoneError: the connection was cut.
        """
        if scope["method"] in BODILESS:
            return b""
        limit = self._limit(path)
        declared = _declared_length(scope["headers"])
        if declared is not None and declared > limit:
            raise UnreadBodyError(limit=limit)
        expected = limit if declared is None else declared
        seconds = self._seconds + max(0, expected - BODY_BYTES) / LEAST_RATE
        try:
            async with asyncio.timeout(seconds):
                return await self._all(receive, limit)
        except TimeoutError:
            raise SlowBodyError from None

    def _limit(self, path: str) -> int:
        for prefix, limit in self._limits:
            if path.startswith(prefix):
                return limit
        return BODY_BYTES

    async def _all(self, receive: Receive, limit: int) -> bytes:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            body: bytes = message.get("body", b"")
            if len(body) > limit:
                raise UnreadBodyError(limit=limit)
            return body
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                if message["type"] != "http.request":
                    raise ClientGoneError
                part = message.get("body", b"")
                size += len(part)
                self._held += len(part)
                parts.append(part)
                if size > limit:
                    raise UnreadBodyError(limit=limit)
                if self._held > HELD_BYTES:
                    raise ServiceUnavailableError
                if not message.get("more_body"):
                    return b"".join(parts)
                message = await receive()
        finally:
            self._held -= size


def _declared_length(headers: RawHeaders) -> int | None:
    """Return what ``Content-Length`` says; ``None``: nothing.

    Servers refuse most of what is wrong here by themselves; what they let pass must not be guessed at, since
    a proxy before us may have guessed otherwise (request smuggling).
    """
    lengths = {value for name, value in headers if name == b"content-length"}
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not length.isdigit() or len(length) > MOST_DIGITS:
        raise BadLengthError
    return int(length)
