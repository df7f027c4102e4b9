"""doctor:clock (runbook R070): this machine's clock goes as MongoDB's and Redis' do.

A code of a second factor is good for half a minute, and a token ends at a second: both are right only where
clocks are in step.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pymongo
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.read_preferences import ReadPreference
from redis.exceptions import RedisError

from ops import clock
from ops.doctor.check import Finding, Result
from ops.doctor.checks import redis
from ops.doctor.whereabouts import Whereabouts
from ops.errors import DatabaseUnavailableError

IN_STEP, MOST = 2.0, 30.0  # seconds
LOOKS = 3
QUICK_SECONDS = 0.8
SECONDS = 1.4  # the driver looks at it every 0.5 s only, so it gives up after 1.5 s
STATUS = "timedatectl status"
EFFECT = "codes of second factors are refused, and tokens end at a wrong time"


class Reading(NamedTuple):
    """How far this machine's clock is ahead of a server's, and how uncertain that is, in seconds."""

    ahead: float
    uncertain: float

    @property
    def off(self) -> float:
        """By how much it is off at least."""
        return max(0.0, abs(self.ahead) - self.uncertain)


def compared(ask: Callable[[], float], looks: int = LOOKS) -> Reading:
    """Compare this machine's clock with a server's.

    The server looked at its clock at some moment between question and answer, so the quickest of a few looks
    tells most.

    Args:
        ask: the server's time, as a Unix second.
        looks: how often it is asked.
    """
    return min((_compared(ask) for _ in range(looks)), key=lambda each: each.uncertain)


def with_database() -> Reading | None:
    """Compare this process' clock with MongoDB's, by its own connection; ``None``: it gives no answer."""
    from django.db import connections  # noqa: PLC0415  # only when Django is set up

    from ops.mongo.breaker import breaker  # noqa: PLC0415  # as above

    connection: Any = connections["default"]
    try:
        breaker.check()
        with pymongo.timeout(QUICK_SECONDS):
            connection.ensure_connection()
            return compared(lambda: _local_time(connection.connection))
    except (PyMongoError, DatabaseUnavailableError):
        return None


def look(where: Whereabouts) -> Finding:
    """Compare it with whichever of the two answers."""
    with ThreadPoolExecutor(2) as threads:
        asked = {
            name: threads.submit(with_, where) for name, with_ in (("MongoDB", _mongodb), ("Redis", _redis))
        }
        found = {name: each.result() for name, each in asked.items()}
    readings = {name: each for name, each in found.items() if each is not None}
    if not readings:
        return Finding(
            Result.COULD_NOT_LOOK,
            ("neither MongoDB nor Redis tells the time",),
            "both are away, or too slow",
            STATUS,
        )
    return judged(readings)


def judged(readings: dict[str, Reading]) -> Finding:
    """Say what the comparison with one server or two means."""
    evidence = (f"against {', '.join(f'{name} {_told(each)}' for name, each in readings.items())}",)
    late = [name for name, each in readings.items() if each.off >= IN_STEP]
    if not late:
        return Finding(Result.OK, evidence)
    wrong = (
        "this machine's clock is wrong"
        if len(late) == len(readings)
        else f"the clock of {late[0]}'s machine is wrong"
    )
    worst = max(each.off for each in readings.values())
    result = Result.FAILED if worst > MOST else Result.DEGRADED
    return Finding(result, evidence, f"{wrong}: {EFFECT}", STATUS)


def _compared(ask: Callable[[], float]) -> Reading:
    before = clock.now().timestamp()
    said = ask()
    after = clock.now().timestamp()
    return Reading((before + after) / 2 - said, abs(after - before) / 2)


def _told(reading: Reading) -> str:
    return f"{reading.ahead:+.3f} s (± {reading.uncertain:.3f} s)"


def _mongodb(where: Whereabouts) -> Reading | None:
    if where.mongodb is None:
        return None
    milliseconds = int(SECONDS * 1000)
    try:
        with (
            pymongo.timeout(SECONDS),
            MongoClient[dict[str, Any]](
                where.mongodb,
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=milliseconds,
                minPoolSize=0,
                appname="sbd-doctor",
            ) as client,
        ):
            return compared(lambda: _local_time(client))
    except (PyMongoError, ValueError, TypeError):  # what is wrong with it, the check of MongoDB says
        return None


def _local_time(client: MongoClient[dict[str, Any]]) -> float:
    said: datetime = client.admin.command("hello", read_preference=ReadPreference.PRIMARY_PREFERRED)[
        "localTime"
    ]
    return said.replace(tzinfo=said.tzinfo or UTC).timestamp()


def _redis(where: Whereabouts) -> Reading | None:
    client = redis.client_of(where)
    if isinstance(client, Finding):
        return None
    with client:
        try:
            return compared(lambda: _seconds(client.time()))
        except RedisError:
            return None


def _seconds(said: Any) -> float:
    seconds, microseconds = said
    return float(seconds) + float(microseconds) / 1_000_000
