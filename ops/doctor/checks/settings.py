"""doctor:settings (runbook R008): every variable is valid, and the keys are strong."""

import re
from collections.abc import Iterable

from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import SHELL, Whereabouts

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
NOWHERE = "neither in this shell nor in .env, though the unit may have a file of its own"


def look(where: Whereabouts) -> Finding:
    """Tell the faults that kept Django from being set up; without any, the settings checked themselves."""
    if not where.faults:
        return Finding(Result.OK, (f"mode {where.mode}: every variable is valid, the keys are strong",))
    named = dict.fromkeys(match.group() for fault in where.faults if (match := VARIABLE.match(fault)))
    places: dict[str, list[str]] = {}
    for name in named:
        places.setdefault(where.origins.get(name, NOWHERE), []).append(name)
    cause = "; ".join(f"{', '.join(names)}: set {place}" for place, names in places.items())
    return Finding(
        Result.FAILED, where.faults, cause or "a fault of the code", _remedy(where, places.get(SHELL, ()))
    )


def _remedy(where: Whereabouts, in_shell: Iterable[str]) -> str:
    if where.production:
        return "sudo systemctl show sbd-api --property=EnvironmentFiles"
    names = " ".join(in_shell)
    return f"unset {names}" if names else "${EDITOR:-vi} .env"
