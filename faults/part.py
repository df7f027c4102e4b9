"""A process of the system that is broken: started, stopped, killed, and frozen."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ops.embedded.ties import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS, STOP_SECONDS = 90.0, 30.0
LOOK_SECONDS = 0.1


class NeverError(Exception):
    """What was waited for did not come to be."""


def until(condition: Callable[[], object], *, seconds: float = READY_SECONDS, what: str = "it") -> None:
    """Wait until something is so.

    Raises:
        NeverError: it was not in time.
    """
    ends_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends_at:
            raise NeverError(f"{what} was not ready after {seconds:g} s")
        time.sleep(LOOK_SECONDS)


@dataclass
class Part:
    """One process, with what it has started itself.

    Attributes:
        name: for people.
        command: how it is started.
        environment: whole.
        log: what it writes.
        is_ready: tells whether it does its work.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool]
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    frozen: list[psutil.Process] = field(default_factory=list, init=False)

    @property
    def lives(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self, *, wait: bool = True, **changed: str) -> None:
        """Start it, unless it lives.

        Args:
            wait: until it does its work.
            changed: variables that are otherwise than usual.
        """
        if not self.lives:
            with self.log.open("ab") as file:
                self.process = subprocess.Popen(
                    list(self.command),
                    cwd=ROOT,
                    env={**self.environment, **changed},
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,  # so that it is killed with all that it has started
                    preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
                )
        if wait:
            until(self.is_ready, what=self.name)

    def stop(self) -> None:
        """Ask it to end, as a service manager does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with no goodbye."""
        self._end(signal.SIGKILL)

    def freeze(self, *, children_only: bool = False) -> None:
        """Stop it by a signal: it keeps what it has, and does nothing."""
        whole = list(self._family())
        self.frozen = whole[1:] if children_only else whole
        for each in self.frozen:
            each.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for each in self.frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGCONT)
        self.frozen = []

    def restart(self, **changed: str) -> None:
        """Start it anew."""
        self.thaw()
        self.stop()
        self.start(wait=True, **changed)

    def _family(self) -> Iterator[psutil.Process]:
        """Yield the process and its descendants."""
        if self.process is not None and self.lives:
            own = psutil.Process(self.process.pid)
            yield own
            yield from own.children(recursive=True)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        family = list(self._family())
        with contextlib.suppress(ProcessLookupError):
            if how == signal.SIGKILL:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill(family)
            self.process.wait()
        self._kill(family)
        self.frozen = []

    @staticmethod
    def _kill(family: Sequence[psutil.Process]) -> None:
        """End what it has left behind."""
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
