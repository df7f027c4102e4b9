"""Indexes: declared beside each model, made by a migration, looked for by a check.

Source: design, sections 3 and 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import connections
from django.db.migrations.operations.base import Operation
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import PyMongoError


@dataclass(frozen=True)
class Index:
    """One index of a collection.

    Args:
        keys: field paths in order; a leading ``-`` means descending.
        unique: no two documents may agree in all keys.
        partial: only documents that match this filter are in the index.
        ttl: documents go this long after the time in the (only) key.
    """

    keys: tuple[str, ...]
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    ttl: timedelta | None = None

    @property
    def name(self) -> str:
        """The name that MongoDB would give it, so that one made by hand is recognised."""
        return "_".join(f"{path}_{direction}" for path, direction in self.directions)

    @property
    def directions(self) -> list[tuple[str, int]]:
        """The keys as the driver wants them."""
        return [(key.removeprefix("-"), DESCENDING if key[0] == "-" else ASCENDING) for key in self.keys]

    def definition(self) -> dict[str, Any]:
        """Return what a comparison with the server's own description needs."""
        described: dict[str, Any] = {"key": self.directions}
        if self.unique:
            described["unique"] = True
        if self.partial is not None:
            described["partialFilterExpression"] = dict(self.partial)
        if self.ttl is not None:
            described["expireAfterSeconds"] = int(self.ttl.total_seconds())
        return described

    def model(self) -> IndexModel:
        """Return the driver's description."""
        options = {name: value for name, value in self.definition().items() if name != "key"}
        return IndexModel(self.directions, name=self.name, **options)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Let a migration write the index down."""
        options = {name: getattr(self, name) for name in ("unique", "partial", "ttl") if getattr(self, name)}
        return "ops.mongo.indexes.Index", (self.keys,), options


@dataclass
class _Declared:
    by_collection: dict[str, tuple[Index, ...]] = field(default_factory=dict)


_declared = _Declared()


def declare(collection: str, *indexes: Index) -> tuple[Index, ...]:
    """Say which indexes a collection must have; returns them, for the migration."""
    _declared.by_collection[collection] = indexes
    return indexes


def declared() -> Mapping[str, tuple[Index, ...]]:
    """Return the declared indexes of each collection."""
    return _declared.by_collection


class CreateIndexes(Operation):
    """Migration: make the indexes of a collection that are not there yet; backwards it leaves them."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, collection: str, indexes: Iterable[Index]) -> None:
        """Take the collection and the indexes as they are at the time of this migration."""
        self.collection = collection
        self.indexes = tuple(indexes)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: the models' state does not hold these indexes."""

    def database_forwards(self, _app_label: str, editor: Any, _before: Any, _after: Any) -> None:
        """Create what is missing; an index that is there already is left alone by the server."""
        if self.indexes:
            editor.get_collection(self.collection).create_indexes([index.model() for index in self.indexes])

    def database_backwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        """Leave the indexes: the release before may be slower without them, never wrong with them."""

    def describe(self) -> str:
        """Say what the migration does."""
        return f"Create {len(self.indexes)} indexes on {self.collection}"


def missing(alias: str = "default") -> dict[str, list[str]]:
    """Return the declared indexes that the database lacks or has otherwise, by collection.

    Raises:
        PyMongoError: the database cannot be asked.
    """
    connection = connections[alias]
    connection.ensure_connection()
    lacking: dict[str, list[str]] = {}
    for name, indexes in declared().items():
        found = connection.database[name].index_information()
        wrong = [index.name for index in indexes if not _agrees(index, found.get(index.name))]
        if wrong:
            lacking[name] = wrong
    return lacking


def create_missing(alias: str = "default") -> list[str]:
    """Make the declared indexes that are not there; returns their names, each with its collection.

    Raises:
        PyMongoError: the database refuses, for example since documents break a unique index.
    """
    database = connections[alias].database
    made = []
    for name, lacking in missing(alias).items():
        wanted = [index for index in declared()[name] if index.name in lacking]
        database[name].create_indexes([index.model() for index in wanted])
        made += [f"{name}.{index.name}" for index in wanted]
    return made


def _agrees(index: Index, found: Mapping[str, Any] | None) -> bool:
    if found is None:
        return False
    wanted = index.definition()
    options = ("unique", "partialFilterExpression", "expireAfterSeconds")
    keys_agree = [tuple(key) for key in found["key"]] == wanted["key"]
    return keys_agree and all(found.get(option) == wanted.get(option) for option in options)


@register("database")
def check_indexes(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """``manage.py check --database default``: each declared index must exist as declared."""
    if not databases or "default" not in databases:
        return []
    try:
        lacking = missing()
    except PyMongoError as error:
        return [Error(f"the indexes cannot be looked at: {type(error).__name__}", id="ops.E001")]
    return [
        Error(
            f"{collection} lacks {', '.join(indexes)}",
            hint="manage.py migrate makes them",
            id="ops.E002",
        )
        for collection, indexes in lacking.items()
    ]
