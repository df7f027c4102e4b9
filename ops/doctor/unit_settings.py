"""What the units of systemd are told, beside what this shell says: doctor may be asked by somebody else.

Names only: values are compared, and stay here.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dotenv import dotenv_values

from ops.doctor.machine import Machine, text
from ops.doctor.whereabouts import ROOT

UNIT = "sbd-api"
EXAMPLE = ROOT / ".env.example"
NAME = re.compile(r"^([A-Z][A-Z0-9_]*)=", re.MULTILINE)
WORD = re.compile(r"""("[^"]*"|'[^']*'|\S)+""")


class Told(NamedTuple):
    """What a unit is told: in its files of variables, in its own lines, and files that may not be read."""

    in_files: Mapping[str, str]
    in_unit: Mapping[str, str]
    unread: tuple[str, ...]


def told(machine: Machine) -> Told | None:
    """Return what the unit of the web process is told; ``None``: there is no such unit here."""
    lines = [line for path in _unit_files(machine) for line in text(path).replace("\\\n", " ").splitlines()]
    if not lines:
        return None
    in_unit: dict[str, str] = {}
    in_files: dict[str, str] = {}
    unread = []
    for line in lines:
        name, _, value = line.strip().partition("=")
        if name == "Environment":
            in_unit |= _assignments(value)
        elif name == "EnvironmentFile":
            path, is_optional = Path(value.strip().removeprefix("-")), value.startswith("-")
            try:
                in_files |= variables(path)
            except OSError as error:
                if not (is_optional and isinstance(error, FileNotFoundError)):
                    unread.append(str(path))
    return Told(in_files, in_unit, tuple(unread))


def differing(unit: Told, in_file: Mapping[str, str], in_shell: Mapping[str, str]) -> list[str]:
    """Return names that mean one thing to the unit and another here.

    Args:
        unit: what it is told; of a name that stands in both, its files win.
        in_file: ``.env``.
        in_shell: the environment; wins over the file.
    """
    theirs, ours = {**unit.in_unit, **unit.in_files}, {**in_file, **in_shell}
    known = NAME.findall(text(EXAMPLE))
    # What its own lines say of this machine, such as the port, need not be said here, too.
    looked_at = [name for name in known if name in unit.in_files or name in ours]
    return [name for name in looked_at if theirs.get(name, "") != ours.get(name, "")]


def variables(path: Path) -> dict[str, str]:
    """Return the variables of a file that have a value.

    Raises:
        OSError: there is none, or it is not for us.
    """
    with path.open() as file:
        values = dotenv_values(stream=file, interpolate=False)
    return {name: value for name, value in values.items() if value}


def _unit_files(machine: Machine) -> Iterator[Path]:
    yield machine.units / f"{UNIT}.service"
    yield from sorted((machine.units / f"{UNIT}.service.d").glob("*.conf"))


def _assignments(value: str) -> Iterator[tuple[str, str]]:
    for match in WORD.finditer(value):
        name, _, word = match.group().strip("\"'").partition("=")
        yield name, word
