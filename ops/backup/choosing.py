"""Which backup to take: the newest whose data are older than some moment.

For a restore to before somebody was in. Source: runbook inventory, C29.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ops.backup import manifest, records
from ops.backup.errors import BackupError, DamagedError
from ops.backup.places import SAFETY, Places, name_of

NAME_FORMAT = "%Y%m%dT%H%M%SZ"


class Known(NamedTuple):
    """A backup that is there, and the moment that its data are of."""

    as_of: datetime
    path: Path


class NoneBeforeError(BackupError):
    """No backup is as old."""


def before(moment: datetime, places: Places) -> Path:
    """Return where the newest backup lies whose data are of before a moment.

    Latest, older and marked ones are looked at, and those that a restore made of what was there.

    Raises:
        NoneBeforeError: there is none.
    """
    found = sorted(_all(places))
    older = [each for each in found if each.as_of < moment]
    if not older:
        oldest = f"; the oldest is of {found[0].as_of:%Y-%m-%d %H:%M:%S} UTC" if found else ""
        raise NoneBeforeError(f"No backup in {places.root} is of before {moment:%Y-%m-%d %H:%M:%S}{oldest}.")
    return older[-1].path


def _all(places: Places) -> Iterator[Known]:
    if not places.mongodb.is_dir():
        return
    for directory in places.plain():
        try:
            yield Known(manifest.read(directory).as_of, directory)
        except DamagedError:
            continue  # it would be refused, whoever chose it
    for archive in (*places.archives(), *places.archives(SAFETY)):
        name = name_of(archive) or ""
        record = records.of_name(name)
        if record is not None and isinstance(record.get("as_of"), datetime):
            yield Known(record["as_of"], archive)
        else:
            # Made by an installation that is not this one: its name says when it was begun.
            begun = datetime.strptime(name.removeprefix(SAFETY), NAME_FORMAT).replace(tzinfo=UTC)
            yield Known(begun, archive)
