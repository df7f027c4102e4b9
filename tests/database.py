"""Looking at what is stored, past the product's own reads."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

BY_ID = ({"$sort": {"_id": 1}}, {"$project": {"_id": 0, "document": "$$ROOT"}})
# The system's own accounts are always there: migrations opened them.
NOT_SYSTEM: Mapping[str, dict[str, Any]] = {"sbd_accounts": {"owner.kind": {"$ne": "system"}}}


def documents(*names: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything in these collections, without names in all of them; asked in one command.

    The system's own accounts are left out.
    """
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in names or sorted(database.list_collection_names())
    }
    looks = (
        {"coll": name, "pipeline": [{"$match": NOT_SYSTEM.get(name, {})}, *BY_ID, {"$set": {"of": name}}]}
        for name in found
    )
    for each in database.aggregate([{"$documents": []}, *({"$unionWith": look} for look in looks)]):
        found[each["of"]].append(each["document"])
    return found


def audit(action: str | None = None) -> list[dict[str, Any]]:
    """Return the audit entries in order; ``action``: those of this kind."""
    entries = documents("audit_log")["audit_log"]
    return sorted(
        (entry for entry in entries if action in {None, entry["action"]}), key=lambda entry: entry["at"]
    )


def public_part(entry: dict[str, Any]) -> str:
    """Return what everybody who reads the audit log sees of an entry."""
    return repr({name: value for name, value in entry.items() if name != "private"})
