"""The processes of this installation on this machine, as far as we may see them."""

import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from ops import process
from ops.doctor import listeners, proc
from ops.doctor.proc import Stat
from ops.doctor.whereabouts import ENV_FILE, ROOT, Whereabouts

APPLICATION, JOBS = "family_site.asgi", "family_site.celery"
# How multiprocessing starts what uvicorn's master has as workers; its helper that cleans up has another name.
SPAWNED = "spawn_main"
PYTHONS = ("python", "uvicorn")
ENV_VARIABLES = ("SBD_VAR", "MONGODB_URI")


@dataclass(frozen=True, slots=True)
class Process:
    """One of ours.

    Attributes:
        pid: its number.
        role: ``web``, ``worker``, ``beat`` or ``metrics``.
        leads: it is no child of one of the same role.
        spawned: it was started as a worker of another.
        stat: what the kernel tells of it.
        wanted: how many workers it is to have; ``None``: it was not told.
    """

    pid: int
    role: str
    leads: bool
    spawned: bool
    stat: Stat
    wanted: int | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether a signal stopped it: it keeps what it has, and does nothing."""
        return self.stat.state in proc.STOPPED

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and nobody has collected it yet."""
        return self.stat.state == proc.OVER

    @property
    def age(self) -> float:
        """For how many seconds it has lived."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self.stat.started


def running(where: Whereabouts, known: Collection[int] = ()) -> list[Process]:
    """Return them, the oldest first; those of other installations on this machine are left out.

    Args:
        known: numbers of processes that are ours for certain.
    """
    seen = dict(sorted(proc.stats().items(), key=lambda item: (item[1].started, item[0])))
    words = {pid: proc.words(pid) for pid, each in seen.items() if each.name.startswith(PYTHONS)}
    holder = listeners.holder(where.web_port) if where.web_port else None
    certain = {*known, *(holder.pids if holder else ())}
    file = _env_file()
    spawned = {pid for pid, each in words.items() if SPAWNED in " ".join(each)}
    roles: dict[int, str] = {}
    for pid, each in seen.items():
        role = _role(words.get(pid, ()))
        if role and (pid in certain or _is_ours(pid, words[pid], where, file)):
            roles[pid] = role
        elif each.parent in roles and (each.state == proc.OVER or pid in spawned):
            roles[pid] = roles[each.parent]
        elif pid in spawned & certain:  # whoever started it has ended
            roles[pid] = process.WEB
    return [
        Process(
            pid,
            role,
            leads=roles.get(seen[pid].parent) != role,
            spawned=pid in spawned,
            stat=seen[pid],
            wanted=_wanted(words.get(pid, ())),
        )
        for pid, role in roles.items()
    ]


def children(every: Sequence[Process], leader: Process) -> list[Process]:
    """Return those of a leader that live."""
    return [each for each in every if each.stat.parent == leader.pid and not each.is_over]


def looks_like(role: str, pid: int) -> bool:
    """Tell whether a process is one of this role, and not another program that was given its number."""
    each, words = proc.of(pid), proc.words(pid)
    if each is None or each.state == proc.OVER:
        return False
    return _role(words) == role or (role == process.WEB and SPAWNED in " ".join(words))


def _role(words: Sequence[str]) -> str | None:
    """Return what a command line makes of a process; searching for its name makes nobody one of ours."""
    if not words or not Path(words[0]).name.startswith(PYTHONS):
        return None
    if any(word.startswith(APPLICATION) for word in words):
        return process.WEB
    if JOBS in words:
        return next((role for role in (process.WORKER, process.BEAT) if role in words), None)
    script, command = (*words, "", "")[1:3]
    return process.METRICS if (Path(script).name, command) == ("manage.py", process.METRICS) else None


def _wanted(words: Sequence[str]) -> int | None:
    with contextlib.suppress(ValueError, IndexError):
        return int(words[list(words).index("--workers") + 1])
    return None


def _is_ours(pid: int, words: Sequence[str], where: Whereabouts, file: Mapping[str, str]) -> bool:
    """Compare what tells installations apart; of a process that may not be looked into nothing is known.

    Its environment holds secrets: no more than these variables is looked at, and none of it is shown.
    """
    try:
        told = {**file, **_environment(pid)}
    except OSError:
        return str(ROOT) in words[0] or where.production
    var, uri = ROOT / (told.get("SBD_VAR") or "var"), told.get("MONGODB_URI")
    if var.resolve() != (ROOT / where.var).resolve():
        return False
    return not (uri and where.mongodb) or uri == where.mongodb


def _environment(pid: int) -> dict[str, str]:
    lines = Path(proc.ROOT, str(pid), "environ").read_text(errors="replace").split("\0")
    return _only({name: value for name, _, value in (line.partition("=") for line in lines)})


def _env_file() -> dict[str, str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return _only(dotenv_values(ENV_FILE))
    return {}


def _only(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name in ENV_VARIABLES if (value := variables.get(name))}
