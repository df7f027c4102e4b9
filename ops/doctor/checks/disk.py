"""doctor:disk (runbook R011, R024): file systems that we write to have room, and can be written to.

Bytes and inodes: of either a file system can be full while there is plenty of the other.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.doctor import servers_data
from ops.doctor.check import Finding, Result
from ops.doctor.findings import together
from ops.doctor.machine import HERE, Machine
from ops.doctor.servers_data import MONGODB, REDIS
from ops.doctor.whereabouts import ROOT, Whereabouts

MUCH, FULL = 0.8, 0.95
GB, MB = 2**30, 2**20
LEAST_FREE_BYTES = 200 * MB
# Of a smaller one, such as those in memory, only the share counts.
LARGE_BYTES = 2 * GB
# To say what grows; as much of it as can be looked at in this time.
MOST_FILES, MOST_SECONDS = 200_000, 0.8
SHOWN = 3
SERVERS = {
    MONGODB: Path("/var/lib/mongodb"),
    REDIS: Path("/var/lib/redis"),
    "the queue's data": Path("/var/lib/redis-broker"),
    "logs": Path("/var/log"),
}


DEMO = {MONGODB: Path("mongodb"), REDIS: Path("redis")}


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One of those that we write to.

    Attributes:
        mount: where it begins.
        places: what of ours lies in it, by its name for people.
        size: bytes that it has, for those who are not root.
        free: bytes that are left, likewise.
        used: share of its bytes.
        used_inodes: share of its inodes; 0: it does not count them.
        read_only: nobody can write to it.
    """

    mount: Path
    places: Mapping[str, Path]
    size: int
    free: int
    used: float
    used_inodes: float
    read_only: bool

    @property
    def facts(self) -> str:
        """What it has, for people."""
        return f"{self.mount}: {self.used:.0%} of {_amount(self.size)}, {self.used_inodes:.0%} of its inodes"


def look(where: Whereabouts, machine: Machine = HERE, places: Mapping[str, Path] | None = None) -> Finding:
    """Ask each file system once.

    Args:
        where: the parts of the system.
        machine: where to read what is mounted.
        places: what is written to, by its name for people; ``None``: what the settings and the servers have.
    """
    found = file_systems(places if places is not None else _places(where), machine)
    until = time.monotonic() + MOST_SECONDS
    troubles = [trouble for each in found for trouble in _troubles(each, until)]
    return together(["; ".join(each.facts for each in found)], troubles)


def file_systems(places: Mapping[str, Path], machine: Machine) -> list[FileSystem]:
    """Return those that these places lie in, each once.

    Args:
        places: by their names for people; one that is not there counts as where it would be.
        machine: where to read what is mounted.
    """
    read_only = {mount for mount, is_so in dict(_read_only(machine)).items() if is_so}
    mounts: dict[Path, dict[str, Path]] = {}
    for name, place in places.items():
        if there := _existing(place):
            mounts.setdefault(_mount(there), {})[name] = place
    return [_asked(mount, inside, read_only) for mount, inside in mounts.items()]


def _places(where: Whereabouts) -> dict[str, Path]:
    usual = SERVERS if where.production else {name: ROOT / where.var / path for name, path in DEMO.items()}
    places = {"data": ROOT / where.var, "temporary files": Path(tempfile.gettempdir())}
    places |= {name: path for name, path in usual.items() if path.exists()}
    places |= servers_data.directories(where)
    if where.faults:
        return places
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    return places | {"backups": settings.BACKUP_DIR, "metrics": settings.METRICS_DIR}


def _existing(place: Path) -> Path | None:
    """Return the nearest directory above that is there and may be looked at."""
    for each in (place, *place.absolute().parents):
        try:
            each.stat()
        except OSError:
            continue
        return each.resolve()
    return None


def _mount(place: Path) -> Path:
    while not place.is_mount() and place != place.parent:
        place = place.parent
    return place


def _asked(mount: Path, inside: Mapping[str, Path], read_only: set[str]) -> FileSystem:
    told = os.statvfs(mount)
    taken, free = (told.f_blocks - told.f_bfree) * told.f_frsize, told.f_bavail * told.f_frsize
    inodes = 1 - told.f_ffree / told.f_files if told.f_files else 0.0
    used = taken / (taken + free) if taken + free else 0.0
    return FileSystem(mount, inside, taken + free, free, used, inodes, str(mount) in read_only)


def _read_only(machine: Machine) -> Iterator[tuple[str, bool]]:
    """Yield each mount, and whether its file system itself is read-only, as after a fault of the disk.

    That a mount is read-only says less: systemd makes it so for one unit. Of two in one place
    the later holds.
    """
    for line in machine.read("self", "mountinfo").splitlines():
        mount, _, system = line.partition(" - ")
        options = system.split(" ")[2:3]
        if options:
            yield mount.split(" ")[4], "ro" in options[0].split(",")


def _troubles(system: FileSystem, until: float) -> Iterator[Finding]:
    at = system.mount
    if system.read_only:
        cause = "the kernel has made it read-only after a fault of the disk, or it was mounted so"
        yield Finding(Result.FAILED, (f"{at} is read-only",), cause, f"findmnt --target {at}")
    if system.used_inodes >= MUCH:
        result = Result.FAILED if system.used_inodes >= FULL else Result.DEGRADED
        evidence = f"{at}: {system.used_inodes:.0%} of its inodes are taken"
        yield Finding(result, (evidence,), "a directory holds very many small files", f"df -i {at}")
    is_short = system.free < LEAST_FREE_BYTES and system.size >= LARGE_BYTES
    if system.used >= MUCH or is_short:
        result = Result.FAILED if system.used >= FULL or is_short else Result.DEGRADED
        evidence = f"{at}: {system.used:.0%} taken, {_amount(system.free)} left; {_growing(system, until)}"
        cause = "it fills up; when it is full MongoDB ends, and nothing can be written down"
        yield Finding(result, (evidence,), cause, f"sudo du -xh --max-depth=3 {at} | sort -h | tail -n 20")


def _growing(system: FileSystem, until: float) -> str:
    """Name the largest of ours in it."""
    sizes: Counter[str] = Counter()
    for name, size, is_all in _sizes(system.places, until):
        sizes[f"{name} {'' if is_all else 'at least '}{_amount(size)}"] = size
    shown = [name for name, size in sizes.most_common(SHOWN) if size]
    return f"of ours: {', '.join(shown)}" if shown else "nothing of ours in it is large, or may be looked at"


def _sizes(places: Mapping[str, Path], until: float) -> Iterator[tuple[str, int, bool]]:
    """Yield name, bytes and whether all was looked at; a place within another counts as itself only."""
    for name, place in places.items():
        if place.is_dir():
            others = {each.resolve() for each in places.values() if each != place}
            yield (name, *_size(place.resolve(), others, until))


def _size(directory: Path, others: set[Path], until: float) -> tuple[int, bool]:
    size, seen, left, is_all = 0, 0, [str(directory)], True
    while left:
        try:
            entries = list(os.scandir(left.pop()))
        except OSError:
            is_all = False
            continue
        for entry in entries:
            seen += 1
            if entry.is_dir(follow_symlinks=False):
                left += [entry.path] if Path(entry.path) not in others else []
            else:
                size += _blocks(entry)
        if seen > MOST_FILES or time.monotonic() > until:
            return size, not left and is_all
    return size, is_all


def _blocks(entry: "os.DirEntry[str]") -> int:
    """Return what a file takes, which of one with holes is less than its length."""
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0


def _amount(size: float) -> str:
    for unit, length in (("TB", 1024 * GB), ("GB", GB), ("MB", MB)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size / 1024:.0f} kB"
