"""What Prometheus is told of backups."""

from collections.abc import Mapping

from ops.backup import records
from ops.metrics import sources
from ops.metrics.sources import Figure, Found, Source
from ops.mongo.collections import Document

BACKUP = Figure(
    "backup_last_success_timestamp_seconds", "When the last backup that went well had ended, as Unix time."
)
DRILL = Figure(
    "restore_drill_last_success_timestamp_seconds", "When a backup was last shown to be good, as Unix time."
)


def enter() -> None:
    """Enter them; called when the app is ready."""
    sources.register(Source("backups", (BACKUP, DRILL), _ask))


def _ask() -> Mapping[str, Found]:
    standing = records.standing()
    return {BACKUP.name: _ended(standing.backup), DRILL.name: _ended(standing.drill)}


def _ended(record: Document | None) -> float | None:
    return None if record is None else float(record["ended_at"].timestamp())
