"""doctor:invitations (runbook section 8): what has expired is marked so."""

from datetime import timedelta

from families.invitations import queries
from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Check, Finding, Result
from ops.doctor.whereabouts import Whereabouts

# The job runs each minute.
LATE = timedelta(minutes=5)


def look(where: Whereabouts) -> Finding:
    """Count what expired a while ago and is not marked; nobody can accept it, marked or not."""
    late = ask(where, lambda: queries.overdue_count(clock.now() - LATE))
    if isinstance(late, Finding):
        return late
    minutes = int(LATE.total_seconds() // 60)
    if late == 0:
        return Finding(Result.OK, (f"none expired more than {minutes} minutes ago without being marked",))
    return Finding(
        Result.DEGRADED,
        (f"{late} expired more than {minutes} minutes ago and are not marked",),
        "the job families.invitations.expire does not run, or fails",
        ".venv/bin/python manage.py cleanup_expired_invitations",
    )


CHECK = Check(
    "invitations", 8, "what has expired is marked", look, seconds=2.0, rests_on=("settings", "mongo")
)
