"""What is stored, kept in mind and put back: cheaper than to make it anew for each test."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ops.redis import store
from tests import commands
from tests.database import KEPT, NOT_SYSTEM, WRITTEN_LATER, documents

WRITES = frozenset({"insert", "update", "delete", "findAndModify"})


@dataclass(frozen=True)
class Snapshot:
    """All documents, by collection, but for those that no test changes."""

    stored: Mapping[str, list[dict[str, Any]]]

    @classmethod
    def taken(cls) -> "Snapshot":
        """Keep what there is now."""
        everything = documents() | documents(*WRITTEN_LATER)
        return cls({name: found for name, found in everything.items() if name not in KEPT})

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Put back whatever was changed inside the block, by this process."""
        with commands.recorded() as sent:
            yield
        self.put_back(written(sent))

    def put_back(self, names: Collection[str]) -> None:
        """Make collections what they were, and Redis empty."""
        database: Any = connection.database  # type: ignore[attr-defined]  # the engine's

        def write(session: Any) -> None:
            for name in sorted(names):
                database[name].delete_many(NOT_SYSTEM.get(name, {}), session=session)
                if self.stored.get(name):
                    database[name].insert_many(self.stored[name], session=session)

        with commands.unwatched():
            if names:
                with database.client.start_session() as session:
                    session.with_transaction(write)
            store().flushall()

    def is_as_before(self, names: Collection[str]) -> bool:
        """Tell whether nothing was changed in these collections."""
        with commands.unwatched():
            now = documents(*names) if names else {}
        return all(found == self.stored.get(name, []) for name, found in now.items())


def written(sent: list[dict[str, Any]]) -> set[str]:
    """Return the collections that commands wish to change."""
    return {command[name] for command in sent for name in WRITES & {next(iter(command))}}
