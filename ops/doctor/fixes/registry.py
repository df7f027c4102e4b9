"""The fixes: operations' own, and those that apps enter when they are ready."""

from ops.doctor.fixes.fix import Fix

_fixes: dict[str, Fix] = {}


def register(fix: Fix) -> None:
    """Enter a fix.

    Raises:
        ValueError: its name is taken.
    """
    if fix.name in _fixes:
        raise ValueError(f"There is a fix {fix.name} already")
    _fixes[fix.name] = fix


def find(name: str) -> Fix | None:
    """Return a fix; ``None``: there is none of this name."""
    return _fixes.get(name)


def fixes(section: int | None = None) -> list[Fix]:
    """Return all fixes, or those of one section of the runbook, in the order in which they were entered."""
    return [fix for fix in _fixes.values() if section in (None, fix.section)]
