"""Operations' own checks."""

from ops.doctor.check import Check
from ops.doctor.checks import access, audit, cache, jobs, limits, mail, mongo, port, redis, schema, settings

OWN = (
    Check("settings", 1, "every setting is valid", settings.look, seconds=1.0),
    Check("port", 1, "the web process answers on its port", port.look, seconds=2.0, rests_on=("settings",)),
    Check("mongo", 2, "MongoDB has a writable primary", mongo.look, seconds=2.0, rests_on=("settings",)),
    Check("redis", 3, "Redis stores and returns a key", redis.look, seconds=2.0, rests_on=("settings",)),
    Check(
        "schema",
        2,
        "all migrations and indexes are there",
        schema.look,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
    Check("smtp", 8, "the mail server takes mails", mail.look_at_server, seconds=2.0, rests_on=("settings",)),
    Check(
        "outbox",
        8,
        "no mail waits that should have left",
        mail.look_at_outbox,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
    Check("worker", 1, "jobs are done", jobs.look_at_worker, seconds=2.0, rests_on=("settings", "mongo")),
    Check("beat", 1, "jobs are sent in time", jobs.look_at_beat, seconds=2.0, rests_on=("settings", "mongo")),
    Check(
        "queue",
        1,
        "the jobs' queue is reachable, and short",
        jobs.look_at_queue,
        seconds=2.0,
        rests_on=("redis",),
    ),
    Check("cache", 3, "what is cached ends", cache.look, seconds=2.0, rests_on=("settings", "redis")),
    Check(
        "audit",
        8,
        "the audit log is sealed, and whole at its end",
        audit.look,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
    Check(
        "limits",
        7,
        "limits hold as they were set, and end",
        limits.look,
        seconds=2.0,
        rests_on=("settings", "mongo", "redis"),
    ),
    Check(
        "access",
        7,
        "no rule of access keeps out whom it should not",
        access.look,
        seconds=2.0,
        rests_on=("settings", "mongo"),
    ),
)
