"""doctor:jwt (runbook R071): the keys of all processes, and those that the tokens in use were signed with."""

from collections.abc import Mapping

from family_site.identity import sign_in_queries
from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.checks import keys
from ops.doctor.checks.keys import Standing, Trouble
from ops.doctor.whereabouts import Whereabouts


def look(where: Whereabouts) -> Finding:
    """Compare the fingerprints of keys; weak ones are told also when nothing can be asked."""
    found = ask(where, lambda: (keys.standing(), sign_in_queries.signers(clock.now())))
    weak = [] if where.faults else keys.weaknesses(where)
    if isinstance(found, Finding):
        return keys.finding(weak, *found.evidence) if weak else found
    standing, signers = found
    troubles = [*keys.differences(standing, where), *_orphans(standing, signers, where), *weak]
    return keys.finding(troubles, f"{keys.facts(standing)}; {_told(signers)}")


def _orphans(standing: Standing, signers: Mapping[str | None, int], where: Whereabouts) -> list[Trouble]:
    """Look for sessions that cannot go on, since nobody takes their refresh token."""
    known = {key: number for key, number in signers.items() if key is not None}
    lost = sum(number for key, number in known.items() if key not in standing.accepted)
    if not lost:
        return []
    total = sum(signers.values())
    evidence = f"{lost} of the newest {total} sessions were signed by a key that no process has"
    cause = (
        "JWT_SIGNING_KEY was changed without overlap: put the old key behind the new one, or these people "
        "have to sign in again"
    )
    result = Result.FAILED if 2 * lost >= total else Result.DEGRADED
    return [Trouble(result, evidence, cause, keys.remedy(where))]


def _told(signers: Mapping[str | None, int]) -> str:
    total = sum(signers.values())
    return f"sessions looked at: {total}" if total else "no session of the API is in force"
