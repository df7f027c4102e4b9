"""Whether changes are closed, as this process knows it."""

from ops import process, switches
from ops.mongo.collections import Document
from ops.read_only.errors import ReadOnlyError

SWITCH = "read_only"


def standing() -> Document | None:
    """Return since when, by whom and why changes are closed; ``None``: they are open."""
    known = switches.known() if process.role() in process.SERVING else switches.asked()
    told = known.get(SWITCH, {})
    return dict(told) if told.get("on") else None


def refuse() -> None:
    """See to it that no change of a user, and no job that makes one, begins.

    Raises:
        ReadOnlyError: changes are closed.
    """
    if standing() is not None:
        raise ReadOnlyError
