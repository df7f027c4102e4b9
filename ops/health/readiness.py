"""Whether this process should be sent requests."""

from collections.abc import Sequence

import pymongo
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from pymongo.errors import PyMongoError

from ops.errors import DatabaseUnavailableError
from ops.health.components import Finding, Health, overall
from ops.maintenance import mode
from ops.server import draining

SECONDS = 1.0


class Readiness:
    """Remembers what cannot become untrue: migrations that were there once."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._migrated = False

    def obstacles(self, findings: Sequence[Finding]) -> list[str]:
        """Return why requests should go elsewhere; an empty list: they should come.

        Args:
            findings: what the probes found.
        """
        if draining():
            return ["draining"]
        if mode.is_on():
            return ["maintenance"]
        if overall(findings) == Health.UNHEALTHY:
            return ["no_primary"]
        try:
            return [] if self._is_migrated() else ["migrations_missing"]
        except (DatabaseError, DatabaseUnavailableError, PyMongoError):
            return ["no_primary"]

    def _is_migrated(self) -> bool:
        if not self._migrated:
            with pymongo.timeout(SECONDS):
                executor = MigrationExecutor(connections["default"])
                self._migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self._migrated


readiness = Readiness()
