"""The checks: operations' own, and those that apps enter when they are ready."""

from ops.doctor.check import Check
from ops.doctor.checks import OWN

# Python and Django need about two seconds to start; the whole stays below five, on a busy machine too.
MOST_SECONDS = 2.0
# Who asks for a deep look waits for it.
MOST_DEEP_SECONDS = 600.0

_checks: dict[str, Check] = {}


def register(check: Check) -> None:
    """Enter a check.

    Raises:
        ValueError: its name is taken, it rests on a check that is not entered yet, or it takes too long.
    """
    if check.name in _checks:
        raise ValueError(f"There is a check {check.name} already")
    if unknown := [name for name in check.rests_on if name not in _checks]:
        raise ValueError(f"{check.name} rests on {', '.join(unknown)}, which must be entered before it")
    most = MOST_DEEP_SECONDS if check.deep else MOST_SECONDS
    if check.seconds > most:
        raise ValueError(f"{check.name} may take {most:g} s, not {check.seconds:g} s")
    _checks[check.name] = check


def checks(section: int | None = None, *, deep: bool = False) -> list[Check]:
    """Return the checks in the order in which they were entered.

    Args:
        section: only those of this section of the runbook.
        deep: those too that read all there is.
    """
    return [
        check for check in _checks.values() if section in (None, check.section) and (deep or not check.deep)
    ]


def sections() -> list[int]:
    """Return the sections of the runbook that have a check."""
    return sorted({check.section for check in _checks.values()})


for _check in OWN:
    register(_check)
