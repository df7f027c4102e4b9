"""Whether maintenance is on, as this process knows it."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from django.conf import settings

from ops import process, switches
from ops.maintenance.errors import MaintenanceError
from ops.mongo.collections import Document

SWITCH = "maintenance"
# What stands for the moment since when it is on where only the file tells of it.
BY_FILE = "file"
_exempt: ContextVar[bool] = ContextVar("exempt from maintenance", default=False)


def is_on() -> bool:
    """Tell whether maintenance is on."""
    return standing() is not None


def standing() -> str | None:
    """Return what names this time of maintenance, the same in every process; ``None``: it is off.

    A moment in ISO 8601, or ``BY_FILE``.
    """
    told = _switch()
    if told.get("on"):
        return str(told["since"].isoformat())
    return BY_FILE if settings.MAINTENANCE_FILE.exists() else None


def refuse() -> None:
    """See to it that nothing new begins.

    Raises:
        MaintenanceError: it is on, and this is not what it was switched on for.
    """
    if not _exempt.get() and is_on():
        raise MaintenanceError


@contextlib.contextmanager
def exempt() -> Iterator[None]:
    """Let pass what maintenance was switched on for: a restore, the switch itself."""
    token = _exempt.set(True)
    try:
        yield
    finally:
        _exempt.reset(token)


def _switch() -> Document:
    known = switches.known() if process.role() in process.SERVING else switches.asked()
    return dict(known.get(SWITCH, {}))
