"""doctor:mongo_primary (runbook R018, R022): the set has one primary, and none of its members is away."""

from collections.abc import Sequence
from typing import Any

from ops.doctor.check import Finding, Result
from ops.doctor.mongo_admin import asked
from ops.doctor.whereabouts import Whereabouts

STATUS = {"replSetGetStatus": 1}
PRIMARY = "PRIMARY"
WELL = frozenset({PRIMARY, "SECONDARY", "ARBITER"})
MEMBERS = 'mongosh --quiet --eval "rs.status().members"'
# What a state means for people; the others are told as they are.
MEANINGS = {
    "RECOVERING": "catches up, or has fallen too far behind to do so",
    "STARTUP": "starts",
    "STARTUP2": "copies all data from another member",
    "ROLLBACK": "undoes writes that no majority had",
    "REMOVED": "is no longer in the configuration of the set",
}


def look(where: Whereabouts) -> Finding:
    """Ask whichever member answers for the state of all."""
    answer = asked(where, STATUS, of_any=True)
    return answer if isinstance(answer, Finding) else judged(answer["members"])


def judged(members: Sequence[dict[str, Any]]) -> Finding:
    """Say what the states of all members mean."""
    primaries = [each["name"] for each in members if each["stateStr"] == PRIMARY]
    unwell = [each for each in members if not each["health"] or each["stateStr"] not in WELL]
    facts = ", ".join(f"{each['name']} {each['stateStr']}" for each in members)
    evidence = (f"{len(members)} member{'s' if len(members) > 1 else ''}: {facts}",)
    named = ", ".join(f"{each['name']} {_meaning(each)}" for each in unwell)
    if not primaries:
        cause = f"no member is primary, so nothing can be written: {named or 'an election goes on'}"
        return Finding(Result.FAILED, evidence, cause, MEMBERS, due_to=("mongo",))
    if len(primaries) > 1:
        cause = "one of two primaries has not heard yet that the other was elected"
        return Finding(Result.DEGRADED, evidence, cause, MEMBERS)
    if not unwell:
        return Finding(Result.OK, evidence)
    left = sum(1 for each in members if each["health"]) - (len(members) // 2 + 1)
    more = f"{left} more may go" if left > 0 else "none of the others may go, or nothing can be written"
    return Finding(Result.DEGRADED, evidence, f"{named}; {more}", MEMBERS)


def _meaning(member: dict[str, Any]) -> str:
    if not member["health"]:
        return "is away"
    return MEANINGS.get(member["stateStr"], f"is {member['stateStr']}")
