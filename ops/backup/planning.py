"""What a restore would change, found without changing anything."""

from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database

from ops.backup import dumping
from ops.backup.manifest import Manifest
from ops.mongo.collections import Document

# Fields by which documents tell when they were made or changed.
TIMES = (
    *("created_at", "updated_at", "at", "sent_at", "answered_at", "ended_at", "revoked_at", "decided_at"),
    *("last_at", "last_seen_at", "signed_in_at", "read_at", "joined_at", "sealed_at"),
)


class Difference(NamedTuple):
    """What would become of a collection.

    Attributes:
        now: documents in it; ``None``: it is not there.
        then: documents in the backup; ``None``: it is not in there.
        since: of those that are there now, how many were made or changed after the backup, as far as their
            times tell.
        newest: the latest time that is known of any of them.
    """

    name: str
    now: int | None
    then: int | None
    since: int
    newest: datetime | None


def differences(database: Database[Document], manifest: Manifest) -> list[Difference]:
    """Return what would become of each collection, by name."""
    present = dumping.collections_of(database)
    names = sorted(present.keys() | manifest.collections.keys())
    return [_difference(database, name, manifest, is_present=name in present) for name in names]


def _difference(
    database: Database[Document], name: str, manifest: Manifest, *, is_present: bool
) -> Difference:
    part = manifest.collections.get(name)
    then = part.documents if part else None
    if not is_present:
        return Difference(name, None, then, 0, None)
    latest: dict[str, Any] = {"$max": [f"${each}" for each in TIMES]}
    is_later = {"$cond": [{"$gt": ["$latest", manifest.as_of]}, 1, 0]}
    grouped: list[dict[str, Any]] = [
        {"$project": {"latest": latest}},
        {
            "$group": {
                "_id": None,
                "now": {"$sum": 1},
                "since": {"$sum": is_later},
                "newest": {"$max": "$latest"},
            }
        },
    ]
    found: Document = next(iter(database[name].aggregate(grouped)), {"now": 0, "since": 0, "newest": None})
    newest = found["newest"] if isinstance(found["newest"], datetime) else None
    return Difference(name, found["now"], then, found["since"], newest)
