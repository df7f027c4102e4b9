"""Whether this release can read the data as it is, and whether the one before could after a migration.

A release knows the migrations that it carries. One that is applied and that it does not carry was made by a
later release: what that has changed, this one cannot know. Only the later one can say, so it writes down
which of its migrations leave the data as the release before reads and writes it: those with
``readable_by_previous = True``.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.migrations.loader import MigrationLoader

from ops import clock
from ops.mongo.collections import control_collection

MARK = "readable_by_previous"
# Beside the data: a restore takes the migrations back, and what is said of them stays true.
DECLARED = "readable_migrations"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the migrations that are applied, and those that are carried here, differ.

    Attributes:
        unknown: applied, not carried here, and nobody has said that they can be left out of account.
        pending: carried here, not yet applied.
        one_way: those of them after which the release before could not read the data.
    """

    unknown: list[str]
    pending: list[str]
    one_way: list[str]


def standing() -> Standing:
    """Compare; asks the database for what is applied."""
    loader = MigrationLoader(connections["default"])
    carried: dict[tuple[str, str], Any] = loader.disk_migrations
    foreign = [key for key in loader.applied_migrations if key not in carried]
    declared = _declared({_name(key) for key in foreign})
    pending = [key for key in carried if key not in loader.applied_migrations]
    return Standing(
        unknown=sorted({_name(key) for key in foreign} - declared),
        pending=sorted(map(_name, pending)),
        one_way=sorted(_name(key) for key in pending if not getattr(carried[key], MARK, False)),
    )


def declare() -> list[str]:
    """Write down which applied migrations of this release the one before may leave out of account.

    Returns:
        their names, in order. Those of before stay declared: this may run as often as one likes.
    """
    loader = MigrationLoader(connections["default"])
    marked = [
        _name(key)
        for key, migration in loader.disk_migrations.items()
        if getattr(migration, MARK, False) and key in loader.applied_migrations
    ]
    now = clock.now()
    for name in marked:
        control_collection(DECLARED).update({"_id": name}, {"$setOnInsert": {"at": now}}, upsert=True)
    return sorted(marked)


def _declared(names: set[str]) -> set[str]:
    if not names:
        return set()
    found = control_collection(DECLARED).find({"_id": {"$in": sorted(names)}}, limit=len(names))
    return {str(each["_id"]) for each in found}


def _name(key: tuple[str, str]) -> str:
    return ".".join(key)
