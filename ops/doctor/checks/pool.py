"""doctor:pool (runbook R019, R103, R110): MongoDB has room for all connections that may be opened."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.mongo_admin import asked
from ops.doctor.whereabouts import Whereabouts

# A worker's children have pools of their own; this is how many it has, with itself.
OF_WORKER = 3
# The exporter of the metrics, and the command that somebody types.
OTHERS = 2
# To each member, for hearing of changes and for the round trip; not of the pool.
MONITORS = 2
MUCH, TOO_MUCH = 0.8, 0.95
HOLDERS_SHOWN = 3
CONNECTIONS = 'mongosh --quiet --eval "db.serverStatus().connections"'
SETTING = "grep -n -e MONGODB_MAX_POOL_SIZE -e SBD_WORKERS .env"
IN_PRODUCTION = "sudo systemctl show sbd-api sbd-worker --property=EnvironmentFiles,Environment"


class Processes(NamedTuple):
    """How many processes have a pool, and how large each may become."""

    number: int
    most: int

    @property
    def connections(self) -> int:
        """The most that they may open in all."""
        return self.number * (self.most + MONITORS)


def look(where: Whereabouts) -> Finding:
    """Compare what is open, and what may be opened, with what the server takes."""
    answer = asked(where, {"serverStatus": 1, "repl": 0, "metrics": 0, "wiredTiger": 0, "locks": 0})
    if isinstance(answer, Finding):
        return answer
    processes = ask(where, _processes)
    if isinstance(processes, Finding):
        return processes
    found = judged(answer["connections"], processes, SETTING if not where.production else IN_PRODUCTION)
    is_full = found.remedy == CONNECTIONS
    return replace(found, evidence=(*found.evidence, *_holders(where))) if is_full else found


def judged(connections: Mapping[str, Any], processes: Processes, where_it_is_set: str) -> Finding:
    """Say what the server's own figures mean, beside what the processes may open."""
    current = int(connections["current"])
    room = current + int(connections["available"])
    rejected = int(connections.get("rejected", 0))
    facts = (
        f"{current} of {room} connections are open, {rejected} rejected; {processes.number} processes may "
        f"open {processes.connections}"
    )
    if current >= MUCH * room:
        cause = "MongoDB has hardly room for another connection; whoever gets none waits, then fails"
        result = Result.FAILED if current >= TOO_MUCH * room else Result.DEGRADED
        return Finding(result, (facts,), cause, CONNECTIONS)
    if processes.connections > room:
        cause = (
            f"MONGODB_MAX_POOL_SIZE ({processes.most}) is too large for so many processes, or the server's "
            "limit of connections (net.maxIncomingConnections, or of open files) is too low"
        )
        return Finding(Result.DEGRADED, (facts,), cause, where_it_is_set)
    return Finding(Result.OK, (facts,))


def _holders(where: Whereabouts) -> tuple[str, ...]:
    """Name who holds most of the connections."""
    stages = [
        {"$currentOp": {"allUsers": True, "idleConnections": True}},
        {"$match": {"connectionId": {"$exists": True}}},
        {"$group": {"_id": {"$ifNull": ["$appName", "a program without a name"]}, "number": {"$sum": 1}}},
        {"$sort": {"number": -1}},
        {"$limit": HOLDERS_SHOWN},
    ]
    answer = asked(where, {"aggregate": 1, "pipeline": stages, "cursor": {}})
    if isinstance(answer, Finding):
        return ()
    held = ", ".join(f"{each['number']} by {each['_id']}" for each in answer["cursor"]["firstBatch"])
    return (f"held: {held}",)


def _processes() -> Processes:
    from django.db import connections  # noqa: PLC0415  # only when Django is set up

    from ops.jobs import wellbeing  # noqa: PLC0415  # likewise

    seen = wellbeing.picture()
    number = len(seen.living("web")) + OF_WORKER * len(seen.living("worker")) + len(seen.living("beat"))
    options = connections["default"].settings_dict["OPTIONS"]
    return Processes(number + OTHERS, int(options["maxPoolSize"]))
