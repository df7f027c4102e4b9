"""E02, E06, E13: what the machine has, what is used of it, and how it went in the last seconds."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ops.bundle import sampling
from ops.bundle.drawing import chart
from ops.bundle.errors import CannotReadError
from ops.bundle.scene import Scene
from ops.bundle.wording import facts, share, size, table

PRESSURE = Path("/proc/pressure")
SHOWN = 15
# Of file systems that are no disk.
UNREAL = frozenset({"squashfs", "overlay", "tmpfs", "devtmpfs", "iso9660"})


def overview(_scene: Scene) -> str:
    """Return load, memory, and since when the machine is up."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    return facts(
        {
            "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
            "up since": datetime.fromtimestamp(psutil.boot_time(), UTC),
            "processors": psutil.cpu_count() or "?",
            "load of 1, 5, 15 min": load,
            "memory": f"{size(memory.total)}, available {size(memory.available)} "
            f"({share(memory.available, memory.total)})",
            "swap": f"{size(swap.used)} of {size(swap.total)} used",
            "memory limit of this group": _limit(),
            "processes": len(psutil.pids()),
        }
    )


def disks(_scene: Scene) -> str:
    """Return how full the file systems are, in bytes and in files."""
    rows = []
    seen = {each.mountpoint: each.fstype for each in psutil.disk_partitions(all=True)}
    for place in sorted({"/", *(place for place, kind in seen.items() if kind not in UNREAL)}):
        try:
            disk, files = psutil.disk_usage(place), os.statvfs(place)
        except OSError:  # not ours to look at
            continue
        if disk.total:
            inodes = share(files.f_files - files.f_ffree, files.f_files)
            rows.append((place, size(disk.total), size(disk.free), f"{disk.percent:.1f} %", inodes))
    return table(("file system", "size", "free", "used", "of its files"), rows)


def processes(_scene: Scene) -> str:
    """Return the processes that hold the most memory; without command lines."""
    rows = []
    for process in psutil.process_iter(["pid", "name", "memory_info", "cpu_times", "num_threads", "status"]):
        told = process.info
        if told["memory_info"] is None or told["cpu_times"] is None:
            continue
        spent = told["cpu_times"].user + told["cpu_times"].system
        rows.append((told["memory_info"].rss, spent, told, _role(process)))
    rows.sort(key=lambda row: -row[0])
    return table(
        ("pid", "name", "role", "memory", "processor", "threads", "state"),
        (
            (
                told["pid"],
                told["name"],
                role,
                size(rss),
                f"{spent:.1f} s",
                told["num_threads"],
                told["status"],
            )
            for rss, spent, told, role in rows[:SHOWN]
        ),
    )


def pressure(_scene: Scene) -> str:
    """Return in which share of the time work waited for a resource.

    Raises:
        CannotReadError: the kernel does not tell.
    """
    rows = []
    for resource in ("cpu", "memory", "io"):
        try:
            told = (PRESSURE / resource).read_text(encoding="ascii")
        except OSError as error:
            raise CannotReadError(f"the kernel tells no pressure: {error.strerror}") from error
        for line in told.splitlines():
            kind, *words = line.split()
            averages = [word.partition("=")[2] for word in words if word.startswith("avg")]
            rows.append((resource, kind, *averages))
    return table(("resource", "tasks", "10 s, %", "60 s, %", "300 s, %"), rows)


def sampled(scene: Scene) -> str:
    """Return how busy the machine was in each step of the last seconds."""
    rows = [
        (
            f"{number * sampling.BETWEEN_SECONDS:.2f}",
            f"{each.busy:.1f}",
            f"{each.waiting:.1f}",
            f"{each.memory:.1f}",
        )
        for number, each in enumerate(scene.shared.samples.get(), 1)
    ]
    return table(("second", "processor, %", "waiting for disk, %", "memory, %"), rows)


def drawn(scene: Scene) -> str:
    """Return the same as a chart."""
    samples = scene.shared.samples.get()
    last = max(1, len(samples) - 1)
    lines = {
        name: [(place / last, getattr(each, field)) for place, each in enumerate(samples)]
        for name, field in {"processor": "busy", "waiting for disk": "waiting", "memory": "memory"}.items()
    }
    across = [f"{sampling.SAMPLES * sampling.BETWEEN_SECONDS * part / 3:.1f} s" for part in range(4)]
    return chart("Resources while the bundle was taken", lines, across=across, unit="%")


def _role(process: psutil.Process) -> str:
    """Return what a process of ours is; its whole command line may hold a secret."""
    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    if "family_site.celery" in words:
        return "beat" if "beat" in words else "worker"
    if "family_site.asgi:application" in words:
        return "web"
    return "metrics" if words[-1:] == ["metrics"] and words[-2].endswith("manage.py") else ""


def _limit() -> str:
    """Return the limit that systemd or a container has set for the group that this process is in."""
    try:
        most = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
    return size(int(most)) if most.isdecimal() else "none"
