"""uvicorn's HTTP/1.1, with an end to what a head may hold, and with an eye on every request of a connection.

Named to uvicorn by ``--http ops.server.http:Http``.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# Of one head, besides what a single read brings. As much as of a body; nginx, in front, takes half of it.
HEAD_BYTES = 64 * 1024
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
# Longer than nginx keeps an idle connection to us (ops/deploy/nginx): so none is closed that it still uses.
LAST_WORD_SECONDS = 3.0


class UpgradeWithBodyError(Exception):
    """A body stands behind a wish for another protocol."""


class Http(HttpToolsProtocol):
    """One connection.

    uvicorn's own keeps a head that never ends for as long as it comes (50 MB sent: 550 MB held). Of several
    requests sent at once it tells only the last that the client has hung up: the others' answers go into
    nothing, each with an ERROR in the log that anybody can put there. And its parser loses the body of a
    request that asks for another protocol (``Upgrade: h2c``, which Java's client sends by itself), so that it
    would be acted on as if it had none: it is refused as no HTTP of ours. And when it ends, it closes idle
    connections at once, also those on which a request is coming: the one that comes is answered, as the last.
    """

    _is_in_head = True
    _heads = 0
    _head_bytes = 0
    _running: RequestResponseCycle | None = None
    _is_ending = False

    def data_received(self, data: bytes) -> None:
        """Read on; refuse a head that is too long."""
        was_in_head, heads = self._is_in_head, self._heads
        super().data_received(data)
        if not self._is_in_head:
            return
        self._head_bytes = self._head_bytes + len(data) if was_in_head and heads == self._heads else 0
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_headers_complete(self) -> None:
        """Note that a head is whole.

        Raises:
            UpgradeWithBodyError: what stands behind it cannot be read; the parser makes a 400 of it.
        """
        if self.parser.should_upgrade() and any(name in FRAMING for name, _ in self.headers):
            raise UpgradeWithBodyError
        self._is_in_head = False
        self._heads += 1
        super().on_headers_complete()
        if self._is_ending:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Note that the next head may begin."""
        self._is_in_head = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is being answered, whichever it is."""
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def shutdown(self) -> None:
        """End after the answer that is on its way, or after a while in which another request may come."""
        if self._is_idle():
            self._is_ending = True
            self.loop.call_later(LAST_WORD_SECONDS, self._close_if_idle)
        else:
            super().shutdown()

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)
