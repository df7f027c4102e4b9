"""The rules of addresses and networks, as nginx keeps them out before anything is asked.

nginx' ``geo`` decides as ``rules`` does: the narrowest network holds, and where a block and an allowance are
as narrow, the allowance. It knows no users: one who may come from a blocked network is kept out here. A rule
that has ended is gone with the next writing, at most a minute later.
"""

import shlex
import subprocess
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from pathlib import Path

from ops import files
from ops.access.rules import Rule
from ops.guarding import AccessList, RuleKind

MARK = "# From here on written anew each minute, by `manage.py access nginx`; your own lines stand above."
OUT, IN = 1, 0
SECONDS = 15.0
MODE = 0o644


class NotTakenError(Exception):
    """What had to follow the change of the file failed; the file is as it was. The message says what."""


def lines(rules: Iterable[Rule]) -> list[str]:
    """Return the lines of nginx' ``geo`` for rules that have not ended, in order: ``203.0.113.0/24 1;``."""
    found: dict[str, int] = {}
    for rule in rules:
        if rule.kind in {RuleKind.ADDRESS, RuleKind.NETWORK}:
            network, kept = str(ip_network(rule.value)), OUT if rule.list == AccessList.BLOCK else IN
            found[network] = min(kept, found.get(network, kept))
    return [f"{network} {kept};" for network, kept in sorted(found.items())]


def put(path: Path, ours: Sequence[str], *, then: Sequence[str]) -> bool:
    """Put our lines in place of those before; what a person wrote above the mark stays. Tells of a change.

    Args:
        path: the file; one that is not there is made.
        ours: the lines.
        then: commands that must go well after a change, in order.

    Raises:
        NotTakenError: one of them did not; the file is as it was, so that the next call tries again.
        OSError: the file cannot be read or written.
    """
    before = path.read_text() if path.exists() else ""
    after = _with(before, ours)
    if after == before:
        return False
    _write(path, after)
    for command in then:
        if fault := _fault_of(command):
            _write(path, before)
            raise NotTakenError(fault)
    return True


def _with(text: str, ours: Sequence[str]) -> str:
    theirs = text.partition(MARK)[0]
    if theirs and not theirs.endswith("\n"):
        theirs += "\n"
    return theirs + "\n".join((MARK, *ours)) + "\n"


def _write(path: Path, text: str) -> None:
    known = path.stat() if path.exists() else None
    mode = known.st_mode & 0o7777 if known else MODE
    owner = (known.st_uid, known.st_gid) if known else None
    files.replace(path.resolve(), text, mode=mode, owner=owner)


def _fault_of(command: str) -> str | None:
    """Run a command; returns what was wrong with it, or ``None``."""
    words = shlex.split(command)
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command}: {error}"
    if done.returncode == 0:
        return None
    return f"{command} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
