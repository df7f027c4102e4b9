"""doctor:profiler (runbook R056): the profiler is off, or on for a while that somebody has said."""

from typing import TYPE_CHECKING

from pymongo.errors import OperationFailure

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.unmarked import NO_JOBS
from ops.doctor.whereabouts import Whereabouts

if TYPE_CHECKING:
    from ops.profiling.switching import Standing

UNAUTHORIZED = 13
ROLES = 'mongosh --quiet --eval "db.runCommand({connectionStatus: 1}).authInfo"'
END = ".venv/bin/python manage.py profile off"
COSTS = "it records every operation, with personal data, and costs writes"


def look(where: Whereabouts) -> Finding:
    """Ask for its level, and compare it with what is written of it."""
    seen = ask(where, _standing)
    if seen is None:
        cause = "the product's login lacks the role dbAdmin on its database"
        return Finding(Result.COULD_NOT_LOOK, ("MongoDB does not tell",), cause, ROLES)
    return seen if isinstance(seen, Finding) else _judged(seen)


def _judged(seen: "Standing") -> Finding:
    if seen.level == 0:
        return Finding(Result.OK, ("off",))
    evidence = (f"on level {seen.level}, what takes {seen.slowms} ms or longer",)
    if seen.level > 1:
        return Finding(Result.FAILED, (f"on level {seen.level}",), COSTS, END)
    if seen.until is None:
        return Finding(Result.DEGRADED, evidence, "somebody switched it on by hand, without an end", END)
    until = f"until {seen.until:%Y-%m-%d %H:%M:%S} UTC, by {seen.told['by']}"
    if seen.until < clock.now():
        return Finding(
            Result.FAILED, (*evidence, until), "the job ops.profiling.keep does not run", END, NO_JOBS
        )
    return Finding(Result.DEGRADED, (*evidence, until), "somebody looks for what is slow", END)


def _standing() -> "Standing | None":
    from ops.profiling.switching import standing  # noqa: PLC0415  # only when Django is set up

    try:
        return standing()
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            return None
        raise
