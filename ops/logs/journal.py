"""Reading lines back: from the journal of systemd, or from a file as containers and the demo write it."""

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any, NamedTuple

UNITS = ("sbd-api", "sbd-worker", "sbd-beat", "sbd-metrics")
# Of what systemd itself says of a unit: warnings, and worse.
WARNING_PRIORITY = 4
# What `docker compose logs` puts before each line.
_PREFIX = re.compile(r"([\w.-]+)\s+\| ")


class NoJournalError(Exception):
    """There is no journal here, or it cannot be read; the text says why."""


class Line(NamedTuple):
    """A line that a process wrote; ``event``: ``None`` if it is no JSON."""

    at: datetime | None
    unit: str
    text: str
    event: dict[str, Any] | None


def of_units(units: Sequence[str], since: datetime, *, hint: Callable[[str], object]) -> Iterator[Line]:
    """Yield the lines of units from a time on, as the journal has them, in the order of time.

    ``hint``: is told what journalctl says beside, for example that it may show only some of what there is.

    Raises:
        NoJournalError: also after the first lines.
    """
    chosen = [word for unit in units for word in ("-u", unit)]
    command = ["journalctl", "-o", "json", "--no-pager", "--since", f"@{int(since.timestamp())}", *chosen]
    with TemporaryFile("w+", errors="replace") as beside:
        try:
            reading = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=beside, text=True, errors="replace"
            )
        except OSError as error:
            raise NoJournalError("there is no journalctl") from error
        with reading:
            yield from filter(None, map(_of_entry, reading.stdout or ()))
        beside.seek(0)
        said = beside.read().strip()
    if reading.returncode:
        raise NoJournalError(f"journalctl: {said or f'status {reading.returncode}'}")
    if said:
        hint(said)


def of_file(lines: Iterable[str], since: datetime) -> Iterator[Line]:
    """Yield the lines of a file from a time on; one without a time has that of the line before it."""
    at: datetime | None = None
    for each in lines:
        text, unit = each.rstrip("\n"), "-"
        if prefix := _PREFIX.match(text):
            text, unit = text[prefix.end() :], prefix[1]
        event = _event(text)
        at = _moment(event.get("at")) or at if event is not None else at
        if text.strip() and (at is None or at >= since):
            yield Line(at, unit, text, event)


def _of_entry(entry: str) -> Line | None:
    """Return the line of an entry of the journal; ``None``: it says nothing, or only what systemd does."""
    try:
        fields = json.loads(entry)
    except ValueError:
        return None
    text, unit = _text(fields.get("MESSAGE")), str(fields.get("UNIT") or fields.get("_SYSTEMD_UNIT") or "-")
    if not text.strip():
        return None
    by_systemd = "UNIT" in fields
    if by_systemd and int(fields.get("PRIORITY", 0)) > WARNING_PRIORITY:
        return None
    written = int(fields.get("__REALTIME_TIMESTAMP", 0)) / 1_000_000
    at = datetime.fromtimestamp(written, UTC)
    return Line(at, unit.removesuffix(".service"), text, None if by_systemd else _event(text))


def _text(message: Any) -> str:
    """Return a message; the journal gives what is no text as a list of bytes."""
    if isinstance(message, list):
        return bytes(message).decode(errors="replace")
    return message if isinstance(message, str) else ""


def _event(text: str) -> dict[str, Any] | None:
    try:
        event = json.loads(text)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _moment(at: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
