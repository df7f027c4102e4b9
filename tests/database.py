"""Looking at what is stored, past the product's own reads."""

from typing import Any

from django.db import connection


def documents(*names: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything in these collections; without names in all of them."""
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    return {
        name: list(database[name].find().sort("_id"))
        for name in names or sorted(database.list_collection_names())
    }
