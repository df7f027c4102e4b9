"""fix:create_indexes (runbook R108, R109): the declared indexes, as ``manage.py migrate`` makes them."""

from datetime import datetime
from typing import Any

from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from pymongo.errors import OperationFailure

from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines
from ops.doctor.fixes.noting import note
from ops.mongo import indexes

NAME = "create_indexes"


def plan(_given: Given, _now: datetime) -> Lines:
    """Name the indexes that would be made, or made anew."""
    _require_migrated()
    database: Any = _database()
    return tuple(
        f"{'drop and make anew' if name in found else 'make'} the index {collection}.{name}"
        for collection, names in indexes.missing().items()
        for found in [database[collection].index_information()]
        for name in names
    )


def apply(_given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Make them."""
    _require_migrated()
    names = [f"{collection}.{name}" for collection, names in indexes.missing().items() for name in names]
    if not names:
        return ()
    note(NAME, {"indexes": names}, actor=actor, reason=reason, now=now)
    try:
        made = indexes.create_missing()
    except OperationFailure as error:
        # Its own text holds values of the documents that are in the way.
        kind = (error.details or {}).get("codeName", error.code)
        said = f"MongoDB refuses one of {', '.join(names)}: {kind}."
        raise CannotMendError(f"{said} What breaks a unique index must be mended first.") from None
    return tuple(f"made the index {name}" for name in made)


def _require_migrated() -> None:
    executor = MigrationExecutor(connections["default"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotMendError("Migrations are not applied: `manage.py migrate` makes the indexes as well.")


def _database() -> Any:
    connection: Any = connections["default"]
    connection.ensure_connection()
    return connection.database


FIX = Fix(
    NAME,
    10,
    "Make the declared indexes that are missing or otherwise than declared",
    "Building an index on a large collection takes minutes and slows MongoDB down meanwhile.",
    plan,
    apply,
    mends=("schema",),
)
