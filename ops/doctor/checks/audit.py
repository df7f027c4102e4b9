"""doctor:audit (runbook C31): the audit log is sealed, whole at its end, and ends where its head says."""

from typing import TYPE_CHECKING

from ops import clock
from ops.audit.run import SOON
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.unmarked import NO_JOBS
from ops.doctor.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.audit.run import Finding as Fault
    from ops.audit.standing import Standing

VERIFY = ".venv/bin/python manage.py verify_audit"
SHOWN = 5
JOBS = ".venv/bin/python manage.py doctor --section 1"


def look(where: Whereabouts) -> Finding:
    """Verify the end of the chain, compare it with the head kept apart, and look for what is not sealed."""
    found = ask(where, _standing)
    if isinstance(found, Finding):
        return found
    seen, newest = found
    if seen.findings:
        cause = "entries were cut off, or a backup was restored that was older, or the head was changed"
        return Finding(Result.FAILED, tuple(each.sentence for each in seen.findings), cause, VERIFY)
    if newest:
        cause = "entries were changed, deleted or added past the product"
        more = (f"and {len(newest) - SHOWN} more",) if len(newest) > SHOWN else ()
        return Finding(Result.FAILED, (*(each.sentence for each in newest[:SHOWN]), *more), cause, VERIFY)
    evidence = f"the chain ends with number {seen.last}, as its head says"
    if seen.waiting_since is None or clock.now() - seen.waiting_since <= SOON:
        return Finding(Result.OK, (evidence,))
    late = f"an entry of {seen.waiting_since:%Y-%m-%d %H:%M:%S} UTC is not sealed"
    return Finding(
        Result.DEGRADED, (evidence, late), "the job ops.audit.seal does not run, or fails", JOBS, NO_JOBS
    )


def look_at_all(where: Whereabouts) -> Finding:
    """Verify the whole chain now."""
    asked = ask(where, _standing)
    if isinstance(asked, Finding):
        return asked
    from ops.audit import verifying  # noqa: PLC0415  # only when Django is set up

    try:
        found = verifying.verify(verifying.EVERYTHING, now=clock.now(), tell=lambda _: None)
    except verifying.AuditLogUnreadableError:
        cause = "MongoDB went away, or became too slow, while the log was read"
        return Finding(Result.COULD_NOT_LOOK, ("the audit log cannot be read",), cause, VERIFY)
    counts = f"{found.sealed} entries are sealed, up to number {found.last}, {found.waiting} wait"
    broken = sum(found.findings.broken.values())
    if not broken:
        return Finding(Result.OK, (counts,))
    shown = tuple(each.sentence for each in found.findings.kept[:SHOWN])
    more = (f"and {broken - len(shown)} more",) if broken > len(shown) else ()
    cause = "entries were changed, deleted or added past the product"
    return Finding(Result.FAILED, (counts, *shown, *more), cause, VERIFY, due_to=("audit",))


def _standing() -> "tuple[Standing, Sequence[Fault]]":
    from ops.audit.ending import faults_of_newest  # noqa: PLC0415  # only when Django is set up
    from ops.audit.standing import standing  # noqa: PLC0415  # likewise

    seen = standing()
    return seen, faults_of_newest(seen.last)
