"""doctor:schema (runbook R029, R108, R109): migrations are applied, and the declared indexes are there."""

from collections.abc import Mapping, Sequence

import pymongo
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from pymongo.errors import PyMongoError

from ops.doctor.check import Finding, Result
from ops.doctor.whereabouts import Whereabouts
from ops.mongo import faults, indexes

SECONDS = 1.4  # the driver looks at it every 0.5 s only, so it gives up after 1.5 s
MIGRATE = ".venv/bin/python manage.py migrate"
NAMES_SHOWN = 5


def look(where: Whereabouts) -> Finding:
    """Compare the database with what this code needs of it."""
    if where.faults:
        return Finding(
            Result.COULD_NOT_LOOK,
            ("what must be there is known only with valid settings",),
            "the settings are broken",
            ".venv/bin/python manage.py doctor --section 1",
        )
    if where.mongodb is None:
        return Finding(
            Result.COULD_NOT_LOOK, ("there is no MongoDB to ask",), "MongoDB was not started", "make run"
        )
    try:
        with pymongo.timeout(SECONDS):
            return _judged(_unapplied(), indexes.missing())
    except (PyMongoError, DatabaseError) as error:
        away = faults.is_unavailable(error)
        return Finding(
            Result.COULD_NOT_LOOK,
            ("MongoDB cannot be asked" if away else f"MongoDB answers with {type(error).__name__}",),
            "MongoDB is away, or too slow" if away else "the service's login lacks a right",
            ".venv/bin/python manage.py doctor --section 2",
            due_to=("mongo", "mongo_primary", "saturation"),
        )


def _unapplied() -> list[str]:
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _judged(unapplied: Sequence[str], missing: Mapping[str, Sequence[str]]) -> Finding:
    lacking = [f"{collection}.{name}" for collection, names in missing.items() for name in names]
    if not unapplied and not lacking:
        return Finding(Result.OK, (f"all migrations applied, {_count_of_indexes()} indexes as declared",))
    evidence = []
    if unapplied:
        evidence.append(f"not applied: {_named(unapplied)}")
    if lacking:
        evidence.append(f"missing or otherwise than declared: {_named(lacking)}")
    return Finding(
        Result.FAILED if unapplied or _protects(missing) else Result.DEGRADED,
        tuple(evidence),
        "this code is newer than the database, or a migration was cut short"
        if unapplied
        else "somebody dropped or made the index by hand, or a restore left it out",
        MIGRATE,
    )


def _protects(missing: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether one of these indexes keeps wrong documents out, and not only makes reads fast."""
    return any(
        index.unique and index.name in names
        for collection, names in missing.items()
        for index in indexes.declared()[collection]
    )


def _count_of_indexes() -> int:
    return sum(len(each) for each in indexes.declared().values())


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
