"""The lines of our own processes: from the journal, or from the file that they write to."""

import stat
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psutil
from dotenv import dotenv_values

from ops.bundle.errors import CannotReadError
from ops.doctor.whereabouts import ENV_FILE, ROOT, Whereabouts
from ops.logs import journal
from ops.logs.journal import Line, NoJournalError

# At a few hundred bytes each; of a busy system these are the last minutes.
MOST = 200_000
MARKS = ("family_site.asgi", "family_site.celery", "manage.py metrics")
GIVE = "give them by --file; `docker compose logs` has them where containers run"


@dataclass(frozen=True)
class LogLines:
    """Lines in the order of time.

    Attributes:
        source: where they come from.
        lines: at most ``MOST``, the newest.
        notes: what is to be known of them, a sentence each.
    """

    source: str
    lines: list[Line]
    notes: tuple[str, ...] = ()

    def since(self, moment: datetime) -> "LogLines":
        """Return those from a time on, and those of which nobody knows when they were written."""
        return replace(self, lines=[each for each in self.lines if each.at is None or each.at >= moment])

    def events(self) -> Iterator[tuple[Line, dict[str, object]]]:
        """Yield the lines that are events of ours."""
        return ((each, each.event) for each in self.lines if each.event is not None)


def read(where: Whereabouts, since: datetime, file: str | None) -> LogLines:
    """Return what our processes wrote from a time on.

    Raises:
        CannotReadError: there is neither a journal nor a file.
    """
    if file == "-":
        return replace(_last(journal.of_file(sys.stdin, since)), source="standard input")
    if file is not None:
        return _of_files([Path(file)], since)
    files = _written_to(where)
    if files and not where.production:
        return _of_files(files, since)
    hints: list[str] = []
    try:
        found = _last(journal.of_units(journal.UNITS, since, hint=hints.append))
    except NoJournalError as error:
        if files:
            return _of_files(files, since)
        raise CannotReadError(f"{error}, and no process of ours writes to a file: {GIVE}") from error
    if not found.lines and not where.production:
        raise CannotReadError(f"the journal has no line of ours, and no process writes to a file: {GIVE}")
    return replace(found, notes=(*found.notes, *hints))


def _of_files(files: Iterable[Path], since: datetime) -> LogLines:
    found: list[Line] = []
    notes: tuple[str, ...] = ()
    for path in files:
        try:
            with path.open(errors="replace") as opened:
                kept = _last(journal.of_file(opened, since))
        except OSError as error:
            raise CannotReadError(f"{path} cannot be read: {error.strerror}") from error
        found += kept.lines
        notes += kept.notes
    if len(files := list(files)) > 1:
        found.sort(key=lambda line: line.at or since)
    return LogLines(", ".join(map(str, files)), found, notes)


def _last(lines: Iterable[Line]) -> LogLines:
    kept: deque[Line] = deque(maxlen=MOST)
    number = 0
    for number, line in enumerate(lines, 1):  # noqa: B007  # the last one is how many there were
        kept.append(line)
    left_out = (f"The oldest {number - MOST} lines are left out.",) if number > MOST else ()
    return LogLines(f"the journal of {', '.join(journal.UNITS)}", list(kept), left_out)


def _written_to(where: Whereabouts) -> list[Path]:
    """Return the files that the standard output of our processes goes to."""
    found: dict[Path, None] = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if not any(mark in " ".join(process.cmdline()) for mark in MARKS):
                continue
            if _var_of(process) != where.var.resolve():
                continue
            path = Path(f"/proc/{process.pid}/fd/1").readlink()
            if stat.S_ISREG(path.stat().st_mode):
                found[path] = None
    return list(found)


def _var_of(process: psutil.Process) -> Path:
    """Return the directory of the system that a process belongs to; there may be several on a machine."""
    given = process.environ().get("SBD_VAR") or dotenv_values(ENV_FILE).get("SBD_VAR") or "var"
    return (ROOT / given).resolve()
