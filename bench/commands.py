"""How many commands a request sends to the database, as the server itself counts them."""

import os
from typing import Any

from pymongo import MongoClient

from bench.load import Load

# What requests are made of; the servers' own talk (heartbeats, profiles, sessions' ends) is not among them.
COUNTED = ("find", "aggregate", "insert", "update", "delete", "findAndModify", "commitTransaction", "getMore")
SECONDS = 1.0


def a_request(load: Load, port: int) -> float:
    """Return how many commands one request sends, over a second of them by one connection."""
    before = _total()
    measured = load.run(port, connections=1, seconds=SECONDS)
    return (_total() - before) / (measured.requests + measured.refused)


def _total() -> int:
    client: MongoClient[dict[str, Any]] = MongoClient(os.environ["MONGODB_URI"])
    with client:
        counted = client.admin.command("serverStatus")["metrics"]["commands"]
    return sum(int(counted[name]["total"]) for name in COUNTED)
