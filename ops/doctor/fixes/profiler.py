"""fix:profiler_off (runbook R056): the profiler off, as ``manage.py profile off`` does it."""

from datetime import datetime

from pymongo.errors import OperationFailure

from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines
from ops.doctor.fixes.noting import note
from ops.profiling import switching

NAME = "profiler_off"
UNAUTHORIZED = 13


def plan(_given: Given, _now: datetime) -> Lines:
    """Say how it stands, if it is on."""
    stands = _standing()
    if stands.level == switching.OFF:
        return ()
    until = f"until {stands.until:%H:%M:%S} UTC" if stands.until else "without an end"
    return (f"switch the profiler off, which is on level {stands.level}, {stands.slowms} ms, {until}",)


def apply(_given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Switch it off; what it has recorded stays."""
    if _standing().level == switching.OFF:
        return ()
    before = switching.end(actor=actor, now=now)
    note(NAME, {"level": switching.OFF}, actor=actor, reason=reason, now=now)
    return (f"the profiler is off, which was on level {before}; `manage.py profile show` has its records",)


def _standing() -> switching.Standing:
    try:
        return switching.standing()
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        raise CannotMendError("The product's login may not do that; it needs the role dbAdmin.") from None


FIX = Fix(
    NAME,
    5,
    "Switch MongoDB's profiler off",
    "Whoever looks for slow operations at this moment sees no new ones.",
    plan,
    apply,
    mends=("profiler",),
)
