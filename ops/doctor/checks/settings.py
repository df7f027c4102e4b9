"""doctor:settings (runbook R008): every variable is valid, the keys are strong, and the unit has the same."""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from ops.doctor import unit_settings
from ops.doctor.check import Finding, Result
from ops.doctor.machine import HERE, Machine
from ops.doctor.whereabouts import ENV_FILE, SHELL, Whereabouts

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
UNITS_FILE = "sudo systemctl show sbd-api --property=EnvironmentFiles"
NOWHERE = "neither in this shell nor in .env, though the unit may have a file of its own"


def look(where: Whereabouts, machine: Machine = HERE, env_file: Path = ENV_FILE) -> Finding:
    """Tell the faults that kept Django from being set up; without any, the settings checked themselves.

    Then what is left is whether the service has the same: it reads a file of its own, and not this shell.
    """
    if not where.faults:
        valid = f"mode {where.mode}: every variable is valid, the keys are strong"
        return _compared(valid, machine, env_file) if where.production else Finding(Result.OK, (valid,))
    named = dict.fromkeys(match.group() for fault in where.faults if (match := VARIABLE.match(fault)))
    places: dict[str, list[str]] = {}
    for name in named:
        places.setdefault(where.origins.get(name, NOWHERE), []).append(name)
    cause = "; ".join(f"{', '.join(names)}: set {place}" for place, names in places.items())
    return Finding(
        Result.FAILED, where.faults, cause or "a fault of the code", _remedy(where, places.get(SHELL, ()))
    )


def _compared(valid: str, machine: Machine, env_file: Path) -> Finding:
    unit = unit_settings.told(machine)
    if unit is None:
        return Finding(Result.OK, (valid,))
    if unit.unread:
        return Finding(Result.OK, (valid, f"what the unit reads is not for us: {', '.join(unit.unread)}"))
    in_file, in_shell = _in_file(env_file), {name: value for name, value in os.environ.items() if value}
    names = unit_settings.differing(unit, in_file, in_shell)
    if not names:
        return Finding(Result.OK, (valid, "the unit sbd-api is told the same"))
    shell = [name for name in names if name in in_shell]
    evidence = f"otherwise than the unit sbd-api is told: {', '.join(names)}"
    cause = "this shell sets them itself" if shell == names else f"{env_file} is not the file of the unit"
    remedy = f"unset {' '.join(shell)}" if shell else UNITS_FILE
    return Finding(Result.DEGRADED, (evidence, valid), cause, remedy)


def _in_file(env_file: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return unit_settings.variables(env_file)
    return {}


def _remedy(where: Whereabouts, in_shell: Iterable[str]) -> str:
    if where.production:
        return UNITS_FILE
    names = " ".join(in_shell)
    return f"unset {names}" if names else "${EDITOR:-vi} .env"
