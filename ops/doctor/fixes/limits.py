"""fix:remirror_limits (runbook R078): ``rate_limit_config`` in Redis as the overrides in MongoDB have it."""

from datetime import datetime

from ops.actors import Actor
from ops.doctor.fixes.fix import Fix, Given, Lines
from ops.doctor.fixes.noting import note
from ops.doctor.fixes.redis import redis_needed
from ops.limits import mirror, overrides, upkeep
from ops.limits.mirror import Difference

NAME = "remirror_limits"


@redis_needed
def plan(_given: Given, now: datetime) -> Lines:
    """Say how the hash differs."""
    found = mirror.difference(overrides.stored(now))
    return (f"write {mirror.HASH} anew: {_told(found)}",) if found else ()


@redis_needed
def apply(_given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Write it anew, as the job does."""
    held = overrides.stored(now)
    found = mirror.difference(held)
    if not found:
        return ()
    note(NAME, {"overrides": len(held)}, actor=actor, reason=reason, now=now)
    upkeep.remirror(now=now)
    return (f"{mirror.HASH} was written anew, with {len(held)} overrides: {_told(found)}",)


def _told(found: Difference) -> str:
    if found.wrong_type:
        return "it was no hash"
    parts = {name: fields for name, fields in found._asdict().items() if fields}
    return ", ".join(f"{len(fields)} {name}" for name, fields in parts.items())


FIX = Fix(
    NAME,
    7,
    "Write the overrides of limits into Redis as MongoDB has them",
    "What somebody wrote into the hash by hand is gone; it changed no limit.",
    plan,
    apply,
    mends=("limits",),
)
