"""doctor:replication_lag (runbook R018): how far the other members are behind the primary."""

import time
from collections.abc import Mapping
from typing import Any

from ops.doctor.check import Finding, Result
from ops.doctor.checks.mongo_primary import PRIMARY, STATUS
from ops.doctor.mongo_admin import asked
from ops.doctor.whereabouts import Whereabouts

SECONDARY = "SECONDARY"
LATE, TOO_LATE = 10.0, 60.0  # seconds; an idle primary writes every 10 s, so that times can be compared
# What the primary knows of another is as old as a heartbeat, so it is asked again before anybody is blamed.
AGAIN_SECONDS = 0.7
LAG = 'mongosh --quiet --eval "rs.printSecondaryReplicationInfo()"'


def look(where: Whereabouts) -> Finding:
    """Compare the last write of the primary with the last that each secondary has."""
    behind = _behind(where)
    if not isinstance(behind, Finding) and max(behind.values(), default=0.0) > LATE:
        time.sleep(AGAIN_SECONDS)
        behind = _behind(where)
    return behind if isinstance(behind, Finding) else judged(behind)


def judged(behind: Mapping[str, float]) -> Finding:
    """Say what seconds by secondary mean."""
    if not behind:
        return Finding(Result.OK, ("there is no secondary",))
    evidence = (", ".join(f"{name} is {seconds:.0f} s behind" for name, seconds in behind.items()),)
    worst = max(behind.values())
    if worst <= LATE:
        return Finding(Result.OK, evidence)
    cause = (
        "the secondary is too slow for what is written, or cannot read from the primary; writes that wait "
        "for a majority get slow, and a failover to it would take long"
    )
    result = Result.FAILED if worst > TOO_LATE else Result.DEGRADED
    return Finding(result, evidence, cause, LAG, due_to=("mongo_primary",))


def seconds_behind(status: Mapping[str, Any], delays: Mapping[str, int]) -> dict[str, float]:
    """Return by secondary how far it is behind the primary, beyond the delay that it is configured with."""
    members = status["members"]
    written = next((each["optimeDate"] for each in members if each["stateStr"] == PRIMARY), None)
    if written is None:
        return {}
    return {
        each["name"]: max(0.0, (written - each["optimeDate"]).total_seconds() - delays.get(each["name"], 0))
        for each in members
        if each["stateStr"] == SECONDARY
    }


def _behind(where: Whereabouts) -> dict[str, float] | Finding:
    status = asked(where, STATUS)
    if isinstance(status, Finding):
        return status
    if len(status["members"]) == 1:
        return {}
    config = asked(where, {"replSetGetConfig": 1})
    if isinstance(config, Finding):
        return config
    delays = {each["host"]: int(each.get("secondaryDelaySecs", 0)) for each in config["config"]["members"]}
    return seconds_behind(status, delays)
