"""Whether this process should be sent requests."""

import pymongo
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from pymongo.errors import PyMongoError

from ops.mongo.breaker import breaker, probe
from ops.server import draining

SECONDS = 1.0


class Readiness:
    """Remembers what cannot become untrue: migrations that were there once."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._migrated = False

    def obstacles(self) -> list[str]:
        """Return why requests should go elsewhere; an empty list: they should come."""
        if draining():
            return ["draining"]
        if breaker.fault() is not None or probe(SECONDS) is not None:
            return ["no_primary"]
        return [] if self._is_migrated() else ["migrations_missing"]

    def _is_migrated(self) -> bool:
        if not self._migrated:
            try:
                with pymongo.timeout(SECONDS):
                    executor = MigrationExecutor(connections["default"])
                    self._migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            except PyMongoError:
                return False
        return self._migrated


readiness = Readiness()
