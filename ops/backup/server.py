"""MongoDB as backups speak to it: a client of its own, since a command here may take minutes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from pymongo import MongoClient
from pymongo.database import Database

from ops.mongo.collections import Document

APP_NAME = "sbd-backup"
SELECTION_MS = 15_000  # longer than an election


@contextmanager
def connected() -> Iterator[MongoClient[Document]]:
    """Return a client for the time of one backup, restore or drill."""
    with MongoClient[Document](
        settings.MONGODB_URI,
        appname=APP_NAME,
        tz_aware=True,
        w="majority",
        journal=True,
        serverSelectionTimeoutMS=SELECTION_MS,
        connectTimeoutMS=2_000,
    ) as client:
        yield client


def product(client: MongoClient[Document]) -> Database[Document]:
    """Return the product's database."""
    connection: Any = connections["default"]
    return client[connection.settings_dict["NAME"]]
