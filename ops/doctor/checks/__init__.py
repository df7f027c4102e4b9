"""Operations' own checks."""

from ops.doctor.check import Check
from ops.doctor.checks import mongo, port, redis, schema, settings

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
)
