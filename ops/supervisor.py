"""Child processes that belong together: all run, or all are stopped."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import FrameType

from ops.embedded.ties import adopt_orphans, die_with_parent

STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ChildEndedError(Exception):
    """A child that should live has ended; its text says which, and how."""


def handle_signals(handler: Callable[[int, FrameType | None], object]) -> None:
    """Let the signals that ask to stop call ``handler``; a process under ``nohup`` stays deaf to HUP."""
    for number in ASKED:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


class Supervisor:
    """Starts children, waits, and stops them; a signal, or the end of one child, ends all."""

    def __init__(self) -> None:
        """Take over the signals: from now on they ask and no longer kill.

        Of a child that ends without its own children, this process becomes the parent of those.
        """
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._asked = threading.Event()
        adopt_orphans()
        handle_signals(self._ask)

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
            if _answers_ok(url):
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
        """Ask all children to end, with what they started; kill those that do not. All are gone on return."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
            else:
                _signal_group(child.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for child in self._children.values():
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(child.pid, signal.SIGKILL)
                child.wait()
            if not _all_collected(child.pid, until):
                _signal_group(child.pid, signal.SIGKILL)
                _all_collected(child.pid, until + STOP_SECONDS)
        self._children.clear()

    def _spawn(self, name: str, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        sys.stdout.flush()
        child = subprocess.Popen(
            list(command),
            start_new_session=True,  # Ctrl-C is for us; we stop the children in order
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # one thread, and it takes no lock
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


def _answers_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, http.client.HTTPException):  # URLError is an OSError; it may end in mid-answer
        return False


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _all_collected(group: int, until: float) -> bool:
    """Wait for the orphans that a child has left in its group; tells whether none is left."""
    while True:
        try:
            if os.waitpid(-group, os.WNOHANG)[0] == 0:
                if time.monotonic() > until:
                    return False
                time.sleep(POLL_SECONDS)
        except ChildProcessError:
            return True
