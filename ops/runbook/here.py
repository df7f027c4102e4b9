"""What a line of the runbook would do on this machine: which tools, units, files and servers it means."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops.doctor.listeners import LOOPBACK
from ops.doctor.whereabouts import ROOT, Whereabouts
from ops.runbook.pages import Step

# Where programs lie that only root has on the path.
ADMINISTRATORS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
MONGODB_PORT, REDIS_PORT, WEB_PORT, METRICS_PORT = 27017, 6379, 8000, 9090
_MANAGE = re.compile(r"(?:(?:\.venv/bin/)?python )?(?<![\w/])manage\.py")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", re.DOTALL)
_WITHIN = re.compile(r"\$\((?P<tool>[\w-]+)")
_SUDO = re.compile(r"^sudo (?:-u \S+ )?")
_AS_ROOT = re.compile(r"\bsudo (?!-)")
_ENDS = re.compile(r"\|\||&&|[|;\n]")
_UNITS = re.compile(r"(?:systemctl [a-z-]+|journalctl -u)((?: [a-z][\w.-]*)+)")
_FILES = re.compile(r"(?<![\w.:/])/(?:etc|opt|proc|run|var)/[\w./-]+")
_PORTS = {"redis-cli": REDIS_PORT, "mongosh": MONGODB_PORT, "mongorestore": MONGODB_PORT}
_CALLED = re.compile(r"http://localhost:(?P<port>\d+)")
# Words of a shell, which are no programs.
_BUILT_IN = {"export", "cd", "exec"}


@dataclass(frozen=True, slots=True)
class Here:
    """What is known of a line before it runs.

    Attributes:
        line: as a shell of this machine takes it; ``None``: it is no line of a shell.
        facts: for people, a sentence each.
        obstacle: why it is not to be run here; ``None``: it may be.
    """

    line: str | None
    facts: tuple[str, ...] = ()
    obstacle: str | None = None


def path() -> str:
    """Return where programs are looked for, those of the release's own environment first."""
    found = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), *ADMINISTRATORS]
    return os.pathsep.join(found)


def of_step(step: Step, where: Whereabouts) -> Here:
    """Look at a step as it is printed."""
    if step.language == "javascript":
        return of_line(f"mongosh --quiet --eval {shlex.quote(step.command)}", where)
    if step.language != "bash":
        return Here(None, obstacle="it is no line of a shell")
    return of_line(step.command, where)


def of_line(printed: str, where: Whereabouts) -> Here:
    """Look at a line of a shell; root needs no ``sudo`` where there is none."""
    needs_none = os.geteuid() == 0 and _place("sudo") is None
    line = _AS_ROOT.sub("", printed) if needs_none else printed
    facts, obstacles = [], []
    tools = list(dict.fromkeys(_tools(line)))
    for tool in tools:
        place = _place(tool)
        facts.append(f"{tool}: {place or 'not installed here'}")
        obstacles += [] if place else [f"{tool} is not installed here"]
    for what, port, ours in _servers(line, tools, where):
        if ours is None:
            facts.append(f"{what}: reaches localhost:{port}; where ours is, nothing says")
        elif ours == port:
            facts.append(f"{what}: reaches localhost:{port}, which is ours")
        else:
            facts.append(f"{what}: reaches localhost:{port}; ours is elsewhere")
            obstacles.append(f"what listens on port {port} here is not ours")
    facts += [_of_unit(name) for words in _UNITS.findall(line) for name in words.split()]
    facts += [_of_file(name) for name in dict.fromkeys(_FILES.findall(line))]
    return Here(_typed(line), tuple(facts), obstacles[0] if obstacles else None)


def _typed(line: str) -> str:
    """Return the line with `manage.py` spelt out, so that it can be typed anywhere."""
    manage = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'manage.py'))}"
    return _MANAGE.sub(lambda _found: manage, line)


def _tools(line: str) -> Iterator[str]:
    """Yield the programs of a line; what stands between quotes is somebody else's language."""
    joined = line.replace("\\\n", " ")
    for part in _ENDS.split(_QUOTED.sub('""', joined)):
        said = part.strip()
        if said.startswith("sudo "):
            yield "sudo"
        word = _SUDO.sub("", said).partition(" ")[0]
        if word and not word.startswith("#") and word not in _BUILT_IN:
            yield "manage.py" if word.endswith("python") and "manage.py" in said else word
    yield from (found["tool"] for found in _WITHIN.finditer(joined))


def _place(tool: str) -> str | None:
    if tool == "manage.py" or "/" in tool:
        there = ROOT / tool
        return str(there) if there.exists() else None
    return shutil.which(tool, path=path())


def _servers(line: str, tools: list[str], where: Whereabouts) -> Iterator[tuple[str, int, int | None]]:
    """Yield whom a line reaches: a word for it, the port it means, and the one that ours has."""
    ours = {REDIS_PORT: _port(where.redis), MONGODB_PORT: _port(where.mongodb)}
    ours |= {WEB_PORT: where.web_port, METRICS_PORT: _metrics_port(where)}
    for tool in tools:
        if tool in _PORTS:
            yield tool, _PORTS[tool], ours[_PORTS[tool]]
    for number in dict.fromkeys(int(found["port"]) for found in _CALLED.finditer(line)):
        yield "curl", number, ours.get(number)


def _port(address: str | None) -> int | None:
    """Return the port of a server on this machine; 0: it is on another one, ``None``: nobody knows."""
    if address is None:
        return None
    kind, _, rest = address.partition("://")
    members = rest.partition("/")[0].rpartition("@")[2].split(",")
    for member in members:
        try:
            found = urlsplit(f"//{member}")
            port = found.port
        except ValueError:
            return None
        if found.hostname in LOOPBACK:
            return port or (MONGODB_PORT if kind.startswith("mongodb") else REDIS_PORT)
    return 0


def _metrics_port(where: Whereabouts) -> int | None:
    if where.faults:
        return None
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    return int(settings.METRICS_PORT)


def _of_unit(name: str) -> str:
    unit = name if "." in name else f"{name}.service"
    place = next((f"{folder}/{unit}" for folder in UNITS if Path(folder, unit).exists()), None)
    return f"unit {unit}: {place or 'there is none here'}"


def _of_file(name: str) -> str:
    """Say whether it is there, as far as we may see."""
    try:
        return f"{name}: {'is there' if Path(name).exists() else 'is not there'}"
    except OSError:
        return f"{name}: may not be looked at by {os.environ.get('USER', 'us')}"
