"""doctor:schema (runbook R029, R108, R109): migrations are applied, and the declared indexes are there."""

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec

import pymongo
from django.apps import apps
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pymongo.errors import PyMongoError

from ops.doctor.asking import patience
from ops.doctor.check import Finding, Result
from ops.doctor.findings import without_settings
from ops.doctor.whereabouts import Whereabouts
from ops.mongo import faults, indexes

MIGRATE = ".venv/bin/python manage.py migrate"
NAMES_SHOWN = 5


def look(where: Whereabouts) -> Finding:
    """Compare the database with what this code needs of it."""
    if where.faults:
        return without_settings("what must be there is known only with valid settings")
    if where.mongodb is None:
        return Finding(
            Result.COULD_NOT_LOOK, ("there is no MongoDB to ask",), "MongoDB was not started", "make run"
        )
    try:
        with pymongo.timeout(patience()):
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
    applied = MigrationRecorder(connections["default"]).applied_migrations()
    return [".".join(each) for each in _of_the_code() if each not in applied]


def _of_the_code() -> Iterator[tuple[str, str]]:
    """Yield app and name of each migration by its file; to load them all takes ten times as long."""
    for config in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(config.label)
        found = find_spec(package) if package else None
        for module in pkgutil.iter_modules(found.submodule_search_locations if found else []):
            if not module.ispkg and module.name[0] not in "_~":
                yield config.label, module.name


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
