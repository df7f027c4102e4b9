"""What the kernel and systemd tell of this machine, in files: no tool need be installed, none is called."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Units of ours, by the role of their processes.
UNITS = {"web": "sbd-api", "worker": "sbd-worker", "beat": "sbd-beat", "metrics": "sbd-metrics"}
# Where systemd has its groups, by the version of cgroups that the machine was started with.
HIERARCHIES = ("", "unified", "systemd")
SLICE = "system.slice"
WANTED = "multi-user.target.wants"
PRESSURE = re.compile(r"^(some|full) avg10=([\d.]+) avg60=([\d.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to read.

    Attributes:
        proc: the kernel's own.
        cgroups: groups of processes, with their limits.
        units: what an administrator set up in systemd.
        kernel_log: a record a line; only root may read it.
    """

    proc: Path = Path("/proc")
    cgroups: Path = Path("/sys/fs/cgroup")
    units: Path = Path("/etc/systemd/system")
    kernel_log: Path = Path("/dev/kmsg")

    def read(self, *parts: str) -> str:
        """Return a file below ``/proc``; empty: there is none, or it is not for us."""
        return text(self.proc.joinpath(*parts))

    def pressure(self, resource: str) -> dict[str, float]:
        """Return in how much of the time somebody waited for a resource, in percent.

        By kind and span (``some10``: one at least, in the last 10 s); none: the kernel does not tell.
        """
        found: dict[str, float] = {}
        for kind, ten, sixty in PRESSURE.findall(self.read("pressure", resource)):
            found |= {f"{kind}10": float(ten), f"{kind}60": float(sixty)}
        return found

    def is_enabled(self, unit: str) -> bool:
        """Tell whether a unit is to run from the start of the machine on."""
        return (self.units / WANTED / f"{unit}.service").is_symlink()

    def has_systemd(self) -> bool:
        """Tell whether systemd runs this machine."""
        return any(True for _ in self._groups(SLICE))

    def group(self, unit: str) -> Path | None:
        """Return the group of a unit's processes; ``None``: it does not run."""
        return next(self._groups(f"{SLICE}/{unit}.service"), None)

    def hides_others(self) -> bool:
        """Tell whether processes of other users may be hidden from us here (``hidepid``)."""
        mounts = (line.split() for line in self.read("self", "mounts").splitlines())
        return any(
            words[1] == "/proc" and "hidepid=" in words[3] and not words[3].endswith("hidepid=0")
            for words in mounts
        )

    def _groups(self, path: str) -> Iterator[Path]:
        for hierarchy in HIERARCHIES:
            group = self.cgroups / hierarchy / path
            if group.is_dir():
                yield group


HERE = Machine()


def text(path: Path) -> str:
    """Return what a file says; empty: there is none, or it is not for us."""
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace")
    return ""


def number(path: Path) -> int | None:
    """Return the number in a file; ``None``: there is no such file, or it says ``max``."""
    told = text(path).strip()
    return int(told) if told.isdecimal() else None


def table(told: str) -> dict[str, int]:
    """Return lines of a name and a number: ``/proc/meminfo``, ``/proc/vmstat``, ``memory.events``."""
    lines = (line.replace(":", " ").split() for line in told.splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdecimal()}
