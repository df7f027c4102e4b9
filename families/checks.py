"""doctor:invitations, doctor:recoveries, doctor:allowances (runbook section 8).

What has expired is marked; admins can work; what is due is paid. doctor:references (C08, C31): all documents
name each other rightly.
"""

from families import allowance_queries
from families import queries as families
from families.actions import referring
from families.invitations import queries
from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Check, Finding, Result
from ops.doctor.unmarked import LATE, MINUTES, NO_JOBS, look_for_unmarked
from ops.doctor.whereabouts import Whereabouts
from ops.errors import DatabaseUnavailableError
from ops.mongo import faults

FAMILIES_SHOWN = 3
FAULTS_SHOWN = 5


def look(where: Whereabouts) -> Finding:
    """Count what expired a while ago and is not marked; nobody can accept it, marked or not."""
    return look_for_unmarked(
        where,
        queries.overdue_count,
        job="families.invitations.expire",
        remedy=".venv/bin/python manage.py doctor --fix expire_invitations",
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
        "all admins of a family are disabled or gone; its timeline says why, and enabling one cancels the "
        "recovery",
        f".venv/bin/python manage.py timeline {found[0]['family_id']}",
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
        "the job families.allowances.pay does not run, or fails; what is due is paid by its next run",
        ".venv/bin/python manage.py errors --since 1h --group",
        due_to=NO_JOBS,
    )


def look_at_references(where: Whereabouts) -> Finding:
    """Read all families and relationships, and whom and what they name."""
    unseen = ask(where, lambda: families.open_recoveries(clock.now()))
    if isinstance(unseen, Finding):
        return unseen
    try:
        found = referring.verify()
    except Exception as error:
        if not faults.is_unavailable(error) and not isinstance(error, DatabaseUnavailableError):
            raise
        cause = "MongoDB went away, or became too slow, while the documents were read"
        again = ".venv/bin/python manage.py doctor --section 2"
        return Finding(Result.COULD_NOT_LOOK, ("the documents cannot be read",), cause, again)
    counts = f"{found.families} families and {found.relationships} relationships were read"
    if not found.broken:
        return Finding(Result.OK, (counts,))
    shown = tuple(each.sentence for each in found.kept[:FAULTS_SHOWN])
    more = (f"and {found.broken - len(shown)} more",) if found.broken > len(shown) else ()
    return Finding(
        Result.FAILED,
        (f"{counts}, {found.broken} faults", *shown, *more),
        "documents were changed past the product, or a backup was restored in part",
        f".venv/bin/python manage.py timeline {found.kept[0].document}",
        due_to=("counts",),
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
REFERENCES = Check(
    "references",
    8,
    "all documents name each other rightly",
    look_at_references,
    seconds=600.0,
    rests_on=("settings", "mongo"),
    deep=True,
)
