"""doctor:invitations, doctor:recoveries, doctor:allowances (runbook section 8).

What has expired is marked; admins can work; what is due is paid.
"""

from families import allowance_queries
from families import queries as families
from families.invitations import queries
from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Check, Finding, Result
from ops.doctor.unmarked import LATE, MINUTES, look_for_unmarked
from ops.doctor.whereabouts import Whereabouts

FAMILIES_SHOWN = 3


def look(where: Whereabouts) -> Finding:
    """Count what expired a while ago and is not marked; nobody can accept it, marked or not."""
    return look_for_unmarked(
        where,
        queries.overdue_count,
        job="families.invitations.expire",
        remedy=".venv/bin/python manage.py cleanup_expired_invitations",
    )


def look_at_recoveries(where: Whereabouts) -> Finding:
    """Look for families whose members want a new admin, since none that they have can sign in."""
    found = ask(where, lambda: families.open_recoveries(clock.now()))
    if isinstance(found, Finding):
        return found
    if not found:
        return Finding(Result.OK, ("no family is being recovered",))
    ends = [f"{each['family_id']} until {each['expires_at']:%Y-%m-%d %H:%M} UTC" for each in found]
    more = ", …" if len(found) > FAMILIES_SHOWN else ""
    return Finding(
        Result.DEGRADED,
        (f"{len(found)} being recovered by its members: {', '.join(ends[:FAMILIES_SHOWN])}{more}",),
        "all admins of a family are disabled or gone",
        "look at the family in the console: why its admins are disabled; enabling one cancels the recovery",
    )


def look_at_allowances(where: Whereabouts) -> Finding:
    """Count allowances that are due and that no job has tried to pay for a while."""
    left = ask(where, lambda: allowance_queries.forgotten_count(clock.now() - LATE))
    if isinstance(left, Finding):
        return left
    if left == 0:
        return Finding(Result.OK, (f"none is due for {MINUTES} minutes without having been tried",))
    return Finding(
        Result.DEGRADED,
        (f"{left} are due for {MINUTES} minutes and were not tried",),
        "the job families.allowances.pay does not run, or fails",
        "look at the worker's log for families.allowances.pay; what is due is paid by its next run",
    )


CHECK = Check(
    "invitations", 8, "what has expired is marked", look, seconds=2.0, rests_on=("settings", "mongo")
)
RECOVERIES = Check(
    "recoveries",
    8,
    "every family has an admin who can sign in",
    look_at_recoveries,
    seconds=2.0,
    rests_on=("settings", "mongo"),
)
ALLOWANCES = Check(
    "allowances", 8, "what is due is paid", look_at_allowances, seconds=2.0, rests_on=("settings", "mongo")
)
