"""What the console's first page shows of it."""

from ops.console.showing import Table, plain, when
from ops.deployments import recording

SHOWN = 5
DIGITS = 12


def board() -> Table:
    """Return the latest starts."""
    rows = [
        (when(each["at"]), each["role"], each["host"], each["version"], short(each["commit"]), each["by"])
        for each in recording.latest(SHOWN)
    ]
    return Table("Latest starts", ("started", "unit", "host", "version", "commit", "by"), rows)


def short(commit: str | None) -> str:
    """Return a commit as people write it."""
    return str(plain(commit and commit[:DIGITS]))
