"""doctor:audit (runbook C31): the audit log is sealed, and its chain ends where its head says."""

from typing import TYPE_CHECKING

from ops import clock
from ops.audit.run import SOON
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts

if TYPE_CHECKING:
    from ops.audit.standing import Standing

VERIFY = ".venv/bin/python manage.py verify_audit"
JOBS = ".venv/bin/python manage.py doctor --section 1"


def look(where: Whereabouts) -> Finding:
    """Compare the end of the chain with the head kept apart, and look for entries that wait to be sealed."""
    seen = ask(where, _standing)
    if isinstance(seen, Finding):
        return seen
    if seen.findings:
        cause = "entries were cut off, or a backup was restored that was older, or the head was changed"
        return Finding(Result.FAILED, tuple(each.sentence for each in seen.findings), cause, VERIFY)
    evidence = f"the chain ends with number {seen.last}, as its head says"
    if seen.waiting_since is None or clock.now() - seen.waiting_since <= SOON:
        return Finding(Result.OK, (evidence,))
    late = f"an entry of {seen.waiting_since:%Y-%m-%d %H:%M:%S} UTC is not sealed"
    return Finding(Result.DEGRADED, (evidence, late), "the job ops.audit.seal does not run, or fails", JOBS)


def _standing() -> "Standing":
    from ops.audit.standing import standing  # noqa: PLC0415  # only when Django is set up

    return standing()
