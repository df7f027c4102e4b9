"""Directories whose servers are stopped at the end, whatever the test has done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
import redis

from ops import embedded
from ops.embedded import Servers
from tests.e2e import processes


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A directory for servers of the test's own; none of them outlives it."""
    yield tmp_path / "var"
    embedded.stop(tmp_path / "var")
    assert processes.left_of(tmp_path / "var") == []


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of servers that run; the tests leave them as they are."""
    var = tmp_path_factory.mktemp("served") / "var"
    start(var)
    yield var
    embedded.stop(var)
    assert processes.left_of(var) == []


def start(var: Path, **options: Any) -> Servers:
    """Start servers on random ports that end with the tests, also when those crash."""
    return embedded.start(var, **{"preferred_ports": False, "tie_to_parent": True, **options})


def notes(servers: Servers) -> tuple[list[Any], bytes | None]:
    """Return what was kept in both servers with ``keep``."""
    with mongodb(servers) as client, cache(servers) as store:
        return list(client["kept"]["notes"].find()), store.get("kept")


def keep(servers: Servers, word: str) -> None:
    """Write a word to both servers."""
    with mongodb(servers) as client, cache(servers) as store:
        client["kept"]["notes"].insert_one({"_id": word})
        store.set("kept", word)


def mongodb(servers: Servers) -> "pymongo.MongoClient[dict[str, Any]]":
    """Return a client; writes are on disk when they return."""
    return pymongo.MongoClient(
        servers.mongodb_uri, serverSelectionTimeoutMS=10_000, w="majority", journal=True
    )


def cache(servers: Servers) -> "redis.Redis":
    """Return a client."""
    return redis.Redis.from_url(str(servers.redis_url))
