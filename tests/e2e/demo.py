"""``manage.py run`` as a child of the tests."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops import embedded
from ops.embedded import ports
from ops.embedded.layout import Layout
from ops.embedded.state import is_locked
from tests.e2e import processes
from tests.ports import free_port


@dataclass(frozen=True)
class Run:
    """A started ``manage.py run``."""

    process: "subprocess.Popen[str]"
    var: Path
    port: int
    output: Path
    metrics_port: int

    def lines(self) -> list[str]:
        """Return what it has written."""
        return self.output.read_text().splitlines()

    def is_ready(self) -> bool:
        """Wait until it says so; false: it ended."""
        processes.wait_until(lambda: self.process.poll() is not None or self._said("ready after"))
        return self._said("ready after")

    def ends(self) -> tuple[int, list[str]]:
        """Wait for its end; returns the exit status, and what is left of it at that moment."""
        status = self.process.wait(processes.LONGEST_WAIT_SECONDS)
        return status, processes.programs(self.var)

    def _said(self, words: str) -> bool:
        return any(line.startswith(words) for line in self.lines())


@contextlib.contextmanager
def running(var: Path, *options: str, parent: tuple[str, ...] = (), **variables: str) -> Iterator[Run]:
    """Start it on ports of its own, from the program ``parent`` if there is one; leave nothing of it."""
    port, metrics_port = free_port(), free_port()
    numbers = {"PORT": str(port), "METRICS_PORT": str(metrics_port)}
    output = var.with_name(f"output-{port}")
    with output.open("w") as file:
        process = subprocess.Popen(
            [*parent, sys.executable, str(processes.MANAGE), "run", *options],
            env=processes.environment(SBD_MODE="demo", SBD_VAR=str(var), **{**numbers, **variables}),
            stdout=file,
            stderr=file,
            text=True,
            # As a terminal starts it, also when the tests themselves are deaf to the terminal's end.
            preexec_fn=_hears_the_terminal,  # noqa: PLW1509  # it takes no lock
        )
    try:
        yield Run(process, var, port, output, metrics_port)
    finally:
        process.kill()
        process.wait()
        assert processes.left_of(var) == []
        assert embedded.running(var) is None
        assert not is_locked(Layout(var))
        assert ports.is_free(port)


def _hears_the_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
