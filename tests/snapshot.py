"""What is stored, kept in mind and put back: cheaper than to make it anew for each test."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ops.redis import store
from tests import commands
from tests.database import KEPT, WRITTEN_LATER, documents

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
        """Make collections what they were, and Redis empty; what is as it was, is not written again."""
        database: Any = connection.database  # type: ignore[attr-defined]  # the engine's

        def write(session: Any) -> None:
            for name, (wrong, missing) in changed.items():
                if wrong:
                    database[name].delete_many({"_id": {"$in": wrong}}, session=session)
                if missing:
                    database[name].insert_many(missing, session=session)

        with commands.unwatched():
            if changed := self._changed(names):
                with database.client.start_session() as session:
                    session.with_transaction(write)
            store().flushall()

    def _changed(self, names: Collection[str]) -> dict[str, tuple[list[Any], list[dict[str, Any]]]]:
        """Return, by collection, the ids of documents that were not so before, and those that were."""
        changed = {}
        for name, found in (documents(*names) if names else {}).items():
            before = {each["_id"]: each for each in self.stored.get(name, [])}
            same = {each["_id"] for each in found if before.get(each["_id"]) == each}
            wrong = [each["_id"] for each in found if each["_id"] not in same]
            missing = [each for key, each in before.items() if key not in same]
            if wrong or missing:
                changed[name] = wrong, missing
        return changed

    def is_as_before(self, names: Collection[str]) -> bool:
        """Tell whether nothing was changed in these collections."""
        with commands.unwatched():
            now = documents(*names) if names else {}
        return all(found == self.stored.get(name, []) for name, found in now.items())


def written(sent: list[dict[str, Any]]) -> set[str]:
    """Return the collections that commands wish to change."""
    return {command[name] for command in sent for name in WRITES & {next(iter(command))}}
