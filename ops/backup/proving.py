"""Looking at a database that was filled from a backup: is all there, and does it hold together?"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from django.db import connections
from pymongo.database import Database

from ops.backup import loading
from ops.backup.manifest import Manifest
from ops.backup.registry import entered
from ops.mongo.collections import Document

MOST_TOLD = 10


def wrong_counts(database: Database[Document], directory: Path, manifest: Manifest) -> list[str]:
    """Compare the documents and indexes of each collection with the manifest; returns what differs."""
    wrong = []
    for name, part in manifest.collections.items():
        found = database[name].count_documents({})
        # Documents that end by a time go as soon as there is their index.
        fewer_are_right = loading.has_ttl(directory, name)
        if found > part.documents or (found < part.documents and not fewer_are_right):
            wrong.append(f"{name} has {found} documents, in the backup there are {part.documents}")
        indexes = set(database[name].index_information())
        if lacking := sorted(set(part.indexes) - indexes):
            wrong.append(f"{name} lacks the indexes {', '.join(lacking)}")
    return wrong


def faults() -> list[str]:
    """Return what those find that know the documents, each with its name before it."""
    found = []
    for name, proof in entered.proofs.items():
        told = [f"{name}: {each}" for each in proof()]
        found += told[:MOST_TOLD]
        if len(told) > MOST_TOLD:
            found.append(f"{name}: and {len(told) - MOST_TOLD} more")
    return found


def failed_checks() -> list[str]:
    """Run ``manage.py check --database default``; returns what it says."""
    try:
        call_command("check", databases=["default"], stdout=io.StringIO(), stderr=io.StringIO())
    except (SystemCheckError, CommandError) as error:
        return [f"check --database default: {' '.join(str(error).split())[:500]}"]
    return []


@contextmanager
def looking_at(database: Database[Document]) -> Iterator[None]:
    """Let all reads of this thread go to another database than the product's."""
    connection: Any = connections["default"]
    connection.ensure_connection()
    before = connection.database
    connection.database = connection.connection[database.name]
    try:
        yield
    finally:
        connection.database = before
