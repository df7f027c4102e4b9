"""A log that is added to: what one run wrote, and not what lies in it from earlier."""

from pathlib import Path

MOST_BYTES = 200_000  # the end of it is enough to find out why a server ended


class Tail:
    """A log file from a mark on."""

    def __init__(self, path: Path) -> None:
        """Take the file; it need not exist yet."""
        self.path = path
        self._from = 0

    def mark(self) -> None:
        """From now on show only what is added."""
        self._from = self.path.stat().st_size if self.path.exists() else 0

    def lines(self) -> list[str]:
        """Return the lines since the mark, without the empty ones."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(max(self._from, self.path.stat().st_size - MOST_BYTES))
            text = file.read().decode(errors="replace")
        return [line for line in text.splitlines() if line.strip()]
