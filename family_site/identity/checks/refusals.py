"""doctor:auth (runbook R067): what sign-in has refused of late, by reason; not read from the journal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from family_site.identity import sign_in_queries
from family_site.identity.sign_in_queries import Tries
from ops import clock, rejections
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.checks.keys import ROLES, Trouble, finding
from ops.doctor.whereabouts import Whereabouts
from ops.guarding import SecurityEventType
from ops.jobs import wellbeing
from ops.mongo.collections import Document
from ops.paging import Part
from ops.security import listing

SPAN = timedelta(hours=1)
# So many of one reason are no accident.
RUN = 10
MOST_EVENTS = 100
# What is no matter of signing in.
OTHERS = {SecurityEventType.RATE_LIMITED, SecurityEventType.STAFF_REFUSED}
EVENTS = ".venv/bin/python manage.py security_events --since 1h"
AGAIN = ".venv/bin/python manage.py doctor --section 6"
CAUSES = {
    SecurityEventType.SIGN_IN_LIMITED: "somebody guesses passwords, or a program has an old one",
    SecurityEventType.REFRESH_REUSED: "somebody copies refresh tokens, or a client sends one twice",
}
FORGED = "the signing key differs between processes or was changed (see jwt), or somebody forges tokens"


def look(where: Whereabouts) -> Finding:
    """Count them by reason, and name a run of one."""
    found = ask(where, lambda: _asked(clock.now()))
    if isinstance(found, Finding):
        return found
    rejected, events, tries = found
    told = [
        f"tokens not taken in {rejections.MINUTES} min: {_counted(rejected)}",
        f"in this hour and the last: {_counted({kind: _sum(each) for kind, each in events.items()})}",
        f"{tries.counters} names or addresses have tries counted, one of them {tries.most}"
        if tries.counters
        else "no tries are counted",
    ]
    forged, runs = _forged(rejected), _runs(events)
    seen = finding([*forged, *runs], "; ".join(told))
    return seen if runs else replace(seen, due_to=("jwt",))  # tries to get in have no cause of ours


def _asked(now: datetime) -> tuple[Mapping[str, int], Mapping[str, Sequence[Document]], Tries]:
    events = {
        str(kind): listing.page(Part(MOST_EVENTS), kind=str(kind), since=now - SPAN).rows
        for kind in SecurityEventType
        if kind not in OTHERS
    }
    return _rejected(), events, sign_in_queries.tries(now)


def _rejected() -> Mapping[str, int]:
    seen, total = wellbeing.picture(), Counter[str]()
    for process in (each for role in ROLES for each in seen.living(role)):
        total.update(process.get("rejected", {}))
    return total


def _forged(rejected: Mapping[str, int]) -> list[Trouble]:
    number = rejected.get("signature", 0)
    if number < RUN:
        return []
    evidence = f"{number} tokens were signed by a key that the process did not have"
    return [Trouble(Result.DEGRADED, evidence, FORGED, AGAIN)]


def _runs(events: Mapping[str, Sequence[Document]]) -> list[Trouble]:
    found = []
    for kind, cause in CAUSES.items():
        number = _sum(events[kind])
        if number >= RUN:
            most = max(events[kind], key=lambda each: each["count"])
            evidence = f"{kind} {number} times, {most['count']} of them {most['subject']}"
            found.append(Trouble(Result.DEGRADED, evidence, cause, EVENTS))
    return found


def _sum(events: Sequence[Document]) -> int:
    return sum(each["count"] for each in events)


def _counted(numbers: Mapping[str, int]) -> str:
    ordered = sorted(numbers.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{number} {reason}" for reason, number in ordered if number) or "none"
