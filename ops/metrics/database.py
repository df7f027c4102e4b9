"""What is counted of MongoDB."""

from ops.metrics import declaring
from ops.metrics.declaring import Counter, Gauge, Histogram

OTHER = declaring.OTHER
UNAVAILABLE, TIMEOUT, CONFLICT, POOL = "unavailable", "timeout", "conflict", "pool"
IN_USE, IDLE = "in_use", "idle"
NONE = "none"
COMMANDS = (
    *("find", "getMore", "aggregate", "count", "distinct", "explain"),
    *("insert", "update", "delete", "findAndModify"),
    *("commitTransaction", "abortTransaction", "killSessions", "endSessions", "killCursors"),
    *("hello", "ping", "create", "createIndexes", "listIndexes", "listCollections", "drop", "collMod"),
    *("serverStatus", "replSetGetStatus", "dbStats", "collStats", "profile", "currentOp", "getParameter"),
)

# Collections are bounded by whoever counts: those that are declared.
duration = Histogram(
    "database_command_duration_seconds",
    "Time of a command to MongoDB, by collection and command.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 3.0),
    collection=None,
    command=(*COMMANDS, OTHER),
)
errors = Counter(
    "database_errors",
    "Faults that were met with MongoDB, by reason.",
    reason=(UNAVAILABLE, TIMEOUT, CONFLICT, POOL, OTHER),
)
connections = Gauge("database_pool_connections", "Connections of the pool.", state=(IN_USE, IDLE))
checkout_failures = Counter(
    "database_pool_checkout_failures",
    "Connections that were not to be had, by reason.",
    reason=("timeout", "connectionError", "poolClosed", OTHER),
)
