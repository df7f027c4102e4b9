"""What is stored, past the product's own actions: looking at it, and emptying it."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from django.db import connection
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from ops.redis import store
from tests import commands

BY_ID = ({"$sort": {"_id": 1}}, {"$project": {"_id": 0, "document": "$$ROOT"}})
# What migrations wrote and no test changes.
KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations", "staff_roles"})
# The system's own accounts are always there: migrations opened them.
NOT_SYSTEM: Mapping[str, dict[str, Any]] = {"sbd_accounts": {"owner.kind": {"$ne": "system"}}}
# Written by a thread of its own, at some moment after what it tells of: seen by its name only.
WRITTEN_LATER = frozenset({"security_events"})
# So many documents are not emptied in one transaction.
MANY = 2000


def documents(*names: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything in these collections, without names in all of them; asked in one command.

    The system's own accounts are left out, and, without names, what is ``WRITTEN_LATER``.
    """
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in names or sorted(set(database.list_collection_names()) - WRITTEN_LATER)
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


_empty_since: list[Any] = []


def empty_what_was_written() -> None:
    """Empty all, unless nobody has written since it was empty: then only Redis.

    Each test is followed by this.
    """
    if _latest_write() in _empty_since:
        store().flushall()
        return
    empty_all()
    _empty_since[:] = filter(None, [_latest_write()])


def _latest_write() -> Any:
    """Return the place of the server's latest write in its log, whoever wrote; ``None``: it cannot say."""
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    try:
        return database.command("hello")["lastWrite"]["opTime"]
    except PyMongoError:  # a test has broken the connections
        return None


def empty_all() -> None:
    """Empty every collection and Redis; indexes stay. In one transaction, which waits for the disk once.

    Of a collection with many documents it would outlive what the server grants a transaction.
    """
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's

    def empty(session: Any) -> None:
        for name in filled:
            database[name].delete_many(NOT_SYSTEM.get(name, {}), session=session)
        if "sbd_entries" in filled:
            fresh = {"$set": {"balance": 0, "last_at": None}, "$unset": {"rolled_up": ""}}
            database.sbd_accounts.update_many({"owner.kind": "system"}, fresh, session=session)

    with commands.unwatched():
        if filled := _filled(database):
            for name in (name for name, number in filled.items() if number >= MANY):
                _thin_out(database[name], NOT_SYSTEM.get(name, {}))
            with database.client.start_session() as session:
                session.with_transaction(empty)  # again, if something a test left running was quicker
    store().flushall()


def _thin_out(stored: Any, query: Mapping[str, Any]) -> None:
    """Delete what a transaction, or one command, would take too long for."""
    while ids := [each["_id"] for each in stored.find(query, {"_id": 1}).limit(5 * MANY)]:
        stored.delete_many({"_id": {"$in": ids}})


def _filled(database: Any) -> dict[str, int]:
    """Return how many documents the collections hold that hold any, up to ``MANY``; in one command."""
    looks = (
        {
            "coll": name,
            "pipeline": [
                {"$match": NOT_SYSTEM.get(name, {})},
                {"$limit": MANY},
                {"$count": "number"},
                {"$set": {"_id": {"$literal": name}}},
            ],
        }
        for name in set(database.list_collection_names()) - KEPT
    )
    latest = database.with_options(read_concern=ReadConcern("local"))  # whatever a majority has of it
    found = latest.aggregate([{"$documents": []}, *({"$unionWith": look} for look in looks)])
    return {each["_id"]: each["number"] for each in sorted(found, key=itemgetter("_id"))}
