"""What to do about a mongod that has ended, most of all when its data are damaged (runbook R020, R027)."""

from dataclasses import replace
from pathlib import Path

from ops.doctor.check import Finding
from ops.doctor.mongo_log import LastWords
from ops.doctor.whereabouts import Whereabouts

DATA = Path("/var/lib/mongodb")
BACKUPS = Path("/opt/backups")
MEMBERS = 'mongosh --quiet --eval "rs.status().members"'


def told(found: Finding, words: LastWords | None, where: Whereabouts, *, members: int = 1) -> Finding:
    """Return a finding of a server that does not run, with what its log says of that.

    Args:
        found: without the log.
        words: of the log; ``None``: there is none to read.
        where: what is looked at.
        members: how many the set has, as far as its address tells.
    """
    if words is None:
        return found
    evidence = (*found.evidence, *words.evidence)
    if not words.is_corrupt:
        return replace(found, evidence=evidence, cause=f"{found.cause}: {words.why}", due_to=words.due_to)
    cause, remedy = _of_damage(where, members)
    return replace(found, evidence=evidence, cause=cause, remedy=remedy, due_to=words.due_to)


def _of_damage(where: Whereabouts, members: int) -> tuple[str, str]:
    """Return cause and remedy: an intact member before a backup, a backup before a repair."""
    damaged = "its data are damaged, and no restart helps"
    if members > 1:
        return f"{damaged}: with its directory emptied it copies all from an intact member", MEMBERS
    data = DATA if where.production else where.var / "mongodb"
    copy = f"sudo cp -a {data} {data}.damaged"
    backup = _latest(where)
    if backup is not None:
        then = "copy the directory, start MongoDB with an empty one, and restore the last backup"
        return f"{damaged}: {then} (.venv/bin/python manage.py restore --from {backup})", copy
    last = f"sudo -u mongodb mongod --repair --dbpath {data}"
    then = "copy the directory first, and only then repair, which drops what it cannot read"
    return f"{damaged}, and there is neither another member nor a backup: {then} ({last})", copy


def _latest(where: Whereabouts) -> Path | None:
    """Return the newest backup, if there is one where they usually lie."""
    root = BACKUPS
    if not where.faults:
        from django.conf import settings  # noqa: PLC0415  # only when they can be read

        root = settings.BACKUP_DIR.resolve()
    latest = root / "mongodb" / "latest"
    try:
        return latest if (latest / "manifest.json").is_file() else None
    except OSError:  # it is for others to read
        return latest
