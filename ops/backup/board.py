"""What the console's first page shows of backups."""

from ops.backup import records
from ops.console.showing import Table, plain, when
from ops.mongo.collections import Document

SHOWN = 6


def board() -> Table:
    """Return the latest backups, restores and drills."""
    rows = [
        (
            when(each["started_at"]),
            each["kind"],
            _outcome(each),
            plain(each.get("documents")),
            plain(each.get("seconds")),
            each["where"],
            each["by"],
        )
        for each in records.every(SHOWN)
    ]
    head = ("begun", "what", "outcome", "documents", "seconds", "where", "by")
    return Table("Latest backups, drills and restores", head, rows)


def _outcome(record: Document) -> str:
    if record["ok"] is None:
        return "at work, or killed"
    return "well" if record["ok"] else f"failed: {record['error']}"
