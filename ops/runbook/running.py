"""Typing a line: what it printed, and how it ended; and the file that keeps both."""

import os
import re
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Timer

import psutil

from ops.doctor.whereabouts import ROOT
from ops.logs.scrubbing import HIDDEN, scrubbed
from ops.runbook import here

SECONDS = 60.0
MOST_CHARACTERS = 200_000
# Redis prints its passwords in a line of their own, below their names.
_PASSWORDS = re.compile(r"^(requirepass|masterauth)(\r?\n)(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a line.

    Attributes:
        line: that was typed.
        status: its exit status; below 0: a signal ended it.
        output: all that it printed, faults among it.
        is_late: it was ended, since it took too long.
    """

    line: str
    status: int
    output: str
    is_late: bool = False


def run(line: str, *, seconds: float = SECONDS, may_ask: bool = False) -> Ran:
    """Type a line at the root of the release, and wait for its end.

    Args:
        line: of a shell.
        seconds: it is ended after so long, with all that it has started.
        may_ask: a person sits there, so that ``sudo`` may ask for a password.
    """
    process = subprocess.Popen(
        ["bash", "-c", line],
        cwd=ROOT,
        env={**os.environ, "PATH": here.path()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=not may_ask,  # without a terminal `sudo` refuses at once, and does not wait
    )
    late = Timer(seconds, _end, [process.pid])
    late.start()
    try:
        output, _ = process.communicate()
    except KeyboardInterrupt:  # the person's, meant for the line
        _end(process.pid)
        output, _ = process.communicate()
    is_late = not late.is_alive()
    late.cancel()
    text = output.decode(errors="replace")[:MOST_CHARACTERS]
    return Ran(line, process.returncode, text, is_late=is_late)


def told(text: str) -> str:
    """Return a text that others may read: without passwords, tokens and e-mail addresses."""
    return scrubbed(_PASSWORDS.sub(rf"\1\2{HIDDEN}", text))


class Transcript:
    """What was typed on a walk, in a file that only its owner can read."""

    def __init__(self, var: Path, section: int, now: datetime) -> None:
        """Begin it below ``var``; where we may not write there, in a new directory for what is temporary."""
        folder, name = var / "runbook", f"{now:%Y%m%dT%H%M%S%f}-section-{section}.txt"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = _made(folder / name)
        except OSError:
            folder = Path(tempfile.mkdtemp(prefix="sbd-runbook-"))
            self._file = _made(folder / name)
        self.path = folder / name

    def note(self, moment: datetime, text: str) -> None:
        """Write a paragraph; a walk that is killed has lost nothing of it."""
        os.write(self._file, f"{moment:%Y-%m-%d %H:%M:%S} UTC  {told(text)}\n\n".encode())

    def close(self) -> None:
        """End it."""
        os.close(self._file)


def _made(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)


def _end(pid: int) -> None:
    """Kill a process, and then whatever it has started, of whose end it would tell otherwise."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
