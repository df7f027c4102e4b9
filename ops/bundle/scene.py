"""What the pieces of a bundle are told, and what several of them read: each such source is read once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from django.conf import settings
from django.db import connections
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.read_preferences import ReadPreference
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ops.bundle import loglines, sampling
from ops.bundle.errors import CannotReadError
from ops.bundle.loglines import LogLines
from ops.doctor import registry, runner
from ops.doctor.check import Examination
from ops.doctor.whereabouts import Whereabouts

if TYPE_CHECKING:
    from pymongo.database import Database

    from ops.bundle.sampling import Sample

# A server that is there says so in this time; the answers themselves may take longer, it may be busy.
REACH_SECONDS, ANSWER_SECONDS = 2.0, 8.0
# As the settings have them, whatever is wrong with those.
USUAL = ("second_brain_database", "second_brain_control")
BROKEN = "the settings are broken"
T = TypeVar("T")
Document: TypeAlias = dict[str, Any]


class Once(Generic[T]):
    """Something that is made by whoever asks first, and that all others wait for."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Take how it is made."""
        self._make, self._lock = make, threading.Lock()
        self._begun: Any = None

    def get(self) -> T:
        """Return it; raises what making it raised."""
        with self._lock:
            if self._begun is None:
                self._begun = runner.begin("bundle", self._make)
        made: T = self._begun.result()
        return made

    def end(self, how: Callable[[T], object]) -> None:
        """Do something with it at the end, if it was made."""
        with self._lock:
            made = self._begun is not None and self._begun.done() and self._begun.exception() is None
        if made:
            how(self.get())


class Shared:
    """The sources that several pieces read; a context, at whose end connections are closed."""

    def __init__(self, where: Whereabouts, earliest: datetime, file: str | None) -> None:
        """Take where all is, from when on anybody reads lines, and the file with them, if one is given."""
        self.where = where
        self.lines: Once[LogLines] = Once(lambda: loglines.read(where, earliest, file))
        self.examinations: Once[list[Examination]] = Once(lambda: runner.run(registry.checks(), where))
        self.mongodb: Once[MongoClient[Document]] = Once(self._mongodb)
        self.samples: Once[list[Sample]] = Once(sampling.sample)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what was opened; whoever still waits for an answer waits no longer."""
        self.mongodb.end(MongoClient.close)

    def _mongodb(self) -> "MongoClient[Document]":
        """Return a client of our own, since the product's refuses at once when somebody waited in vain."""
        if self.where.mongodb is None:
            raise CannotReadError("MongoDB was not started, or nothing says where it is")
        try:
            return MongoClient(
                self.where.mongodb,
                serverSelectionTimeoutMS=int(REACH_SECONDS * 1000),
                connectTimeoutMS=int(REACH_SECONDS * 1000),
                socketTimeoutMS=int(ANSWER_SECONDS * 1000),
                minPoolSize=0,
                appname="sbd-bundle",
                readPreference="primaryPreferred",  # without a primary, what a secondary says is worth more
                readConcernLevel="local",
                tz_aware=True,
            )
        except (InvalidURI, ConfigurationError, ValueError, TypeError):
            raise CannotReadError("MONGODB_URI is not an address of MongoDB") from None


@dataclass(frozen=True)
class Scene:
    """What a piece is told.

    Attributes:
        now: when the bundle is taken.
        since: how far back its part looks.
        shared: the sources that others read, too.
    """

    now: datetime
    since: datetime
    shared: Shared

    @property
    def where(self) -> Whereabouts:
        """Where the parts of the system are."""
        return self.shared.where

    def need_settings(self) -> None:
        """Let a piece pass that reads Django's settings.

        Raises:
            CannotReadError: they are broken.
        """
        if self.where.faults:
            raise CannotReadError(BROKEN)

    def lines(self) -> LogLines:
        """Return the lines of our own processes, from ``since`` on."""
        return self.shared.lines.get().since(self.since)

    def examinations(self, *sections: int) -> list[Examination]:
        """Return what doctor found, of these sections; without any: of all."""
        found = self.shared.examinations.get()
        return [each for each in found if not sections or each.check.section in sections]

    def admin(self, command: Document) -> Document:
        """Return what MongoDB answers to a command for operators; a secondary may answer."""
        client = self.shared.mongodb.get()
        return client.admin.command(command, read_preference=ReadPreference.PRIMARY_PREFERRED)

    def databases(self) -> Sequence["Database[Document]"]:
        """Return the product's database, and the control database."""
        names = USUAL
        if not self.where.faults:
            names = (str(connections["default"].settings_dict["NAME"]), settings.CONTROL_DATABASE_NAME)
        return [self.shared.mongodb.get()[name] for name in names]

    def redis(self) -> Redis:
        """Return a client of the cache's Redis that waits for nobody."""
        return _redis(self.where.redis, "Redis")

    def broker(self) -> Redis:
        """Return the same of the jobs' queue."""
        return _redis(self.where.broker, "the Redis of the jobs' queue")


def _redis(address: str | None, name: str) -> Redis:
    if address is None:
        raise CannotReadError(f"{name} was not started, or nothing says where it is")
    try:
        client: Redis = Redis.from_url(
            address,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=REACH_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            encoding_errors="replace",
        )
    except ValueError:
        raise CannotReadError(f"the address of {name} is none") from None
    return client
