"""The counts of all processes, added up: of those that live, and of those that have ended.

``<METRICS_DIR>/<role>`` is emptied when the unit of that role starts. Of a process that has ended the counts
are moved to ``ended.json``, in two steps that may be broken off anywhere: they are written there together
with its name, under which its own files are then no longer looked at, and removed.
"""

import contextlib
import json
import shutil
import struct
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from prometheus_client.mmap_dict import MmapedDict

from ops.metrics import living

ENDED = "ended.json"
GAUGE = "gauge"
LARGEST = "livemax"
# The kind of a file (``counter``, ``histogram``, ``gauge_livesum``) and the series, as the library writes it.
Series: TypeAlias = tuple[str, str]
UNREADABLE = (OSError, ValueError, RuntimeError, struct.error)


@dataclass
class Joined:
    """What the processes of a role have counted.

    Attributes:
        living: how many there are.
        unreadable: files that could not be read.
    """

    counts: dict[Series, float] = field(default_factory=dict)
    living: int = 0
    unreadable: int = 0


@dataclass
class _Ended:
    """What those have counted that have ended, and whose files may still be there."""

    names: list[str] = field(default_factory=list)
    counts: dict[Series, float] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> "_Ended":
        try:
            kept = json.loads((directory / ENDED).read_bytes())
            counts = {(kind, series): float(count) for kind, series, count in kept["counts"]}
            return cls([str(name) for name in kept["names"]], counts)
        except FileNotFoundError:
            return cls()

    def write(self, directory: Path) -> None:
        counts = [[kind, series, count] for (kind, series), count in self.counts.items()]
        fresh = directory / f"{ENDED}.new"
        fresh.write_text(json.dumps({"names": self.names, "counts": counts}), encoding="utf-8")
        fresh.replace(directory / ENDED)


def joined(directory: Path, *, moves: bool = True) -> Joined:
    """Return the counts of a role; those of ended processes are moved on the way.

    ``moves``: false for everybody but the exporter, since two who move at once would lose something.
    """
    found = Joined()
    if not directory.is_dir():
        return found
    try:
        ended = _Ended.read(directory)
    except UNREADABLE:
        found.unreadable += 1
        ended = _Ended()
    by_name = _files_by_name(directory)
    gone = _tidied(directory, ended, by_name) if moves else set()
    totals: dict[Series, float] = defaultdict(float, ended.counts)
    for name in by_name.keys() - gone - set(ended.names):
        found.unreadable += _add(totals, by_name[name])
    found.living = len(living.living(directory))
    found.counts = dict(totals)
    return found


def _tidied(directory: Path, ended: _Ended, by_name: dict[str, list[Path]]) -> set[str]:
    """Move the counts of those that have ended; returns who that were."""
    with contextlib.suppress(OSError):  # they may not be ours to remove; they are not counted again
        _remove(directory, set(ended.names) & by_name.keys(), by_name)
    with contextlib.ExitStack() as held:
        gone = {name for name in by_name if held.enter_context(living.dead(directory, name))}
        gone -= set(ended.names)
        if gone and _move(directory, ended, {name: by_name[name] for name in gone}):
            _remove(directory, gone, by_name)
    with contextlib.suppress(OSError):
        living.forget_ended(directory)
    return gone


def begin_anew(directory: Path, roles: Iterable[str]) -> None:
    """Forget all counts: the processes of these roles are about to be started."""
    for role in roles:
        shutil.rmtree(directory / role, ignore_errors=True)


def _files_by_name(directory: Path) -> dict[str, list[Path]]:
    """Return the files of each process: ``<kind>_<name>.db``."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(directory.glob("*_*.db")):
        found[path.stem.rpartition("_")[2]].append(path)
    return dict(found)


def _move(directory: Path, ended: _Ended, gone: dict[str, list[Path]]) -> bool:
    """Take over what is left of the processes that are gone; what cannot be read is lost."""
    totals: dict[Series, float] = defaultdict(float, ended.counts)
    for paths in gone.values():
        _add(totals, [path for path in paths if not path.name.startswith(GAUGE)])
    ended.names, ended.counts = sorted(gone), dict(totals)
    try:
        ended.write(directory)
    except OSError:  # a full disk: the files stay, and are read again the next time
        return False
    return True


def _remove(directory: Path, names: Iterable[str], by_name: dict[str, list[Path]]) -> None:
    for name in names:
        for path in by_name[name]:
            path.unlink(missing_ok=True)
        living.forget(directory, name)


def _read(path: Path) -> list[tuple[str, float]]:
    read = MmapedDict.read_all_values_from_file(str(path))  # type: ignore[no-untyped-call]  # it has none
    return [(series, count) for series, count, *_ in read]


def _add(totals: dict[Series, float], paths: Iterable[Path]) -> int:
    """Add what stands in the files of one process; returns how many of them cannot be read."""
    unreadable = 0
    for path in paths:
        kind = path.stem.rpartition("_")[0]
        try:
            # All of a file, or nothing of it: it may be half written.
            counts = _read(path)
        except FileNotFoundError:  # its unit starts at this moment
            continue
        except UNREADABLE:
            unreadable += path.exists() and path.stat().st_size > 0  # else it has only just been made
            continue
        for series, count in counts:
            totals[kind, series] = (
                max(totals.get((kind, series), count), count)
                if kind.endswith(LARGEST)
                else totals.get((kind, series), 0.0) + count
            )
    return unreadable
