"""A body piece by piece, from a worker's thread to the event loop, never far ahead of the client."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress

# What a worker may be ahead of the client. Files smaller than this free their thread at once.
WINDOW_BYTES = 256 * 1024


class BrokenOffError(Exception):
    """The body ends before its end: the connection must be cut, so that the client sees it."""


class Stream:
    """A bounded pipe with one writer (a worker) and one reader (the event loop)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, seconds: float) -> None:
        """Take the reader's loop, and the time for the whole of it."""
        self._loop = loop
        self.until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._ready = asyncio.Event()
        self._pieces: list[bytes] = []
        self._held = 0
        self._ended = False
        self._broken = False
        self._stopped = False

    # The writer -----------------------------------------------------------------------------------

    def push(self, piece: bytes) -> bool:
        """Add a piece, waiting until there is room; false: nobody reads any more, so write no more."""
        with self._room:
            in_time = self._room.wait_for(self._has_room, max(0.0, self.until - time.monotonic()))
            if self._stopped:
                return False
            if not in_time:
                self._broken = self._ended = True
            else:
                self._pieces.append(piece)
                self._held += len(piece)
        self._tell_reader()
        return in_time

    def end(self) -> None:
        """Say that the body is complete."""
        with self._lock:
            self._ended = True
        self._tell_reader()

    def break_off(self) -> None:
        """Say that no more will come, although the body is not complete."""
        with self._lock:
            self._broken = self._ended = True
        self._tell_reader()

    def _has_room(self) -> bool:
        return self._stopped or self._held < WINDOW_BYTES

    def _tell_reader(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(self._ready.set)

    # The reader -----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Read no more; the writer learns of it at its next piece."""
        with self._room:
            self._stopped = True
            self._pieces.clear()
            self._room.notify()
        self._ready.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body; a piece counts as held until the next one is asked for.

        Raises:
            BrokenOffError: the writer failed, or the time is over.
        """
        while True:
            await self._ready.wait()
            self._ready.clear()
            with self._lock:
                if self._stopped:
                    return
                piece = b"".join(self._pieces)
                self._pieces.clear()
                ended, broken = self._ended, self._broken
            if piece:
                yield piece
                with self._room:
                    self._held -= len(piece)
                    self._room.notify()
            if broken:
                raise BrokenOffError
            if ended:
                return
