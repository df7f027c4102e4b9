"""Audit entries of fixes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops import audit
from ops.actors import Actor
from ops.mongo.unit_of_work import unit_of_work

MENDED = "doctor.mended"


@unit_of_work()
def note(fix: str, after: Mapping[str, Any], *, actor: Actor, reason: str | None, now: datetime) -> None:
    """Write who mends what, and why.

    What lies outside of a unit of work (keys in Redis, indexes, operations of the server) is noted before
    it is changed, so that nothing is changed that the audit log does not tell of.

    Args:
        fix: its name.
        after: what is changed, in numbers and names; nothing personal.
        actor, reason, now: who, why, when.
    """
    audit.record(actor, MENDED, target=fix, now=now, after=after, reason=reason)
