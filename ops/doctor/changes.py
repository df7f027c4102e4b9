"""What was changed lately: most faults begin with a change.

From the records of starts (releases, settings), from what operators did (the audit log), and from the files
that say how the system is set up, which can be looked at while MongoDB is away.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ops.doctor.asking import ask
from ops.doctor.change import Change
from ops.doctor.check import Finding
from ops.doctor.runner import begin
from ops.doctor.whereabouts import ENV_FILE, Whereabouts

LATELY = timedelta(hours=1)
SECONDS = 2.0
# Files of a host that was set up as the installation page says; the link is the release in use.
UNITS_FILE, RELEASE = Path("/etc/sbd/sbd.env"), Path("/opt/sbd/current")


class Lately(NamedTuple):
    """What was changed lately, the newest first; ``unknown``: why what MongoDB keeps of it is missing."""

    changes: list[Change]
    unknown: str | None = None


def lately(where: Whereabouts) -> Lately:
    """Return what was changed in the last hour, or what is known of it whatever is dead."""
    now = datetime.now(UTC)  # the product's clock needs settings that can be read
    asked = begin("changes", lambda: ask(where, lambda: recent(now)))
    try:
        found = asked.result(SECONDS)
    except Exception as error:  # noqa: BLE001  # it is a help to read the findings, which are more
        return Lately(of_files(now - LATELY), type(error).__name__)
    return Lately(of_files(now - LATELY), found.cause) if isinstance(found, Finding) else Lately(found)


def recent(now: datetime, within: timedelta = LATELY) -> list[Change]:
    """Return what was changed since ``now - within``, the newest first.

    Raises:
        DatabaseUnavailableError, DatabaseError, PyMongoError: MongoDB cannot be asked.
    """
    from ops.doctor import recorded_changes  # noqa: PLC0415  # models, which need settings that can be read

    since = now - within
    return newest_first([*recorded_changes.since(since), *of_files(since)])


def of_files(since: datetime, files: Iterable[Path] = (ENV_FILE, UNITS_FILE, RELEASE)) -> list[Change]:
    """Return which files of the set-up were changed since then, the newest first.

    Args:
        since: a moment.
        files: which; a link is looked at itself, not what it leads to.
    """
    found = ((path, _changed_at(path)) for path in files)
    return newest_first(Change(at, f"{path} was changed") for path, at in found if at and at >= since)


def newest_first(changes: Iterable[Change]) -> list[Change]:
    """Return changes in the order in which people want to read them."""
    return sorted(changes, key=lambda each: each.at, reverse=True)


def _changed_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except OSError:
        return None
