"""Waiting that ends early when this process is asked to stop, or when the process it is tied to ends."""

import contextlib
import os
import select
import signal
import time

ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# How soon the death of the parent is seen; four looks a second cost nothing that can be measured.
LOOK_SECONDS = 0.25


class Watch:
    """The reason to stop, once there is one; from its making on, signals ask and no longer kill."""

    def __init__(self, tied_to: int | None = None) -> None:
        """Take over the signals; ``tied_to`` is the pid of the parent process, if its end shall end us."""
        self.reason: str | None = None
        self._tied_to = tied_to
        # A byte in a pipe wakes `select`, which a flag set by a handler would not.
        self._wake, wake_up = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_up, False)
        signal.set_wakeup_fd(wake_up, warn_on_full_buffer=False)
        for number in ASKED:
            signal.signal(number, lambda *_: None)

    def pause(self, seconds: float) -> str | None:
        """Wait ``seconds``, or less when there is a reason to stop; return that reason."""
        until = time.monotonic() + seconds
        while self.reason is None:
            left = max(0.0, until - time.monotonic())
            self.reason = self._signal(min(left, LOOK_SECONDS)) or self._parent_ended()
            if left <= LOOK_SECONDS:
                break
        return self.reason

    def _signal(self, seconds: float) -> str | None:
        if not select.select([self._wake], [], [], seconds)[0]:
            return None
        with contextlib.suppress(BlockingIOError):
            numbers = [number for number in os.read(self._wake, 64) if number in ASKED]
            return signal.Signals(numbers[0]).name if numbers else None
        return None

    def _parent_ended(self) -> str | None:
        if self._tied_to is None or os.getppid() == self._tied_to:
            return None
        return f"process {self._tied_to}, which started it, ended"
