"""The time of a change."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time in UTC, in whole milliseconds as MongoDB keeps it: an answer and a later read agree."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
