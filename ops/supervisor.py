"""Child processes that belong together: all run, or all are stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import FrameType

from ops.embedded.ties import die_with_parent

STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ChildEndedError(Exception):
    """A child that should live has ended; its text says which, and how."""


class Supervisor:
    """Starts children, waits, and stops them; a signal, or the end of one child, ends all."""

    def __init__(self) -> None:
        """Take over the signals: from now on they ask and no longer kill."""
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._asked = threading.Event()
        for number in ASKED:
            signal.signal(number, self._ask)

    @property
    def asked_to_stop(self) -> bool:
        """Whether a signal came."""
        return self._asked.is_set()

    def run(self, name: str, command: Sequence[str]) -> bool:
        """Run a child to its end; tells whether it succeeded."""
        child = self._spawn(name, command)
        while child.poll() is None:
            if self._asked.wait(POLL_SECONDS):
                return False
        del self._children[name]
        return child.returncode == 0

    def start(self, commands: Mapping[str, Sequence[str]]) -> None:
        """Start children that shall live until ``stop``."""
        for name, command in commands.items():
            self._spawn(name, command)

    def wait_for(self, url: str, seconds: float) -> bool:
        """Wait until ``url`` answers 200; false: it did not in time, or a signal came.

        Raises:
            ChildEndedError: a child ended.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._asked.wait(POLL_SECONDS):
            self._look()
            with contextlib.suppress(urllib.error.URLError, OSError):
                with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
                    if answer.status == HTTPStatus.OK:
                        return True
        return False

    def wait(self) -> None:
        """Wait for a signal.

        Raises:
            ChildEndedError: a child ended.
        """
        while not self._asked.wait(POLL_SECONDS * 5):
            self._look()

    def stop(self) -> None:
        """Ask all children to end, and kill those that do not."""
        for child in self._children.values():
            child.terminate()
        until = time.monotonic() + STOP_SECONDS
        for child in self._children.values():
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _kill_group(child.pid)
                child.wait()

    def _spawn(self, name: str, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        sys.stdout.flush()
        child = subprocess.Popen(  # noqa: PLW1509  # this process has one thread, and the hook takes no lock
            list(command),
            start_new_session=True,  # Ctrl-C is for us; we stop the children in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self._children[name] = child
        return child

    def _look(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None:
                code = child.returncode
                how = f"signal {-code}" if code < 0 else f"status {code}"
                msg = f"{name} ended by itself ({how})"
                raise ChildEndedError(msg)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked.set()


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
