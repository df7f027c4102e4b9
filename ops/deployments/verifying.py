"""The files of a release, held against the sums that were written when it was made.

``MANIFEST`` is made by ``ops/deploy/make-release`` of what was committed, and of nothing that differs from
one machine to the next: so that of the same commit, made on a machine that nobody was on, is the same.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

FILE = "MANIFEST"
# What a release gets after it was made: what it is, its settings, its environment, bytecode, and its data.
OURS = frozenset({FILE, "RELEASE", ".env", ".venv", "var"})
BYTECODE = "__pycache__"
_LINE = re.compile(r"([0-9a-f]{64})  (?:\./)?(.+)\Z")


class NoManifestError(Exception):
    """There are no sums to hold the files against; the text says why."""


class Verified(NamedTuple):
    """What was found, as paths below the release.

    Attributes:
        number: of files that should be there.
        sha256: of the manifest itself, to be compared with what was noted when the release was made.
        changed, missing, added: files that are not as they were made.
    """

    number: int
    sha256: str
    changed: list[str]
    missing: list[str]
    added: list[str]

    @property
    def is_whole(self) -> bool:
        """Whether all is as it was made."""
        return not (self.changed or self.missing or self.added)


def verify(release: Path, manifest: Path | None = None) -> Verified:
    """Hold a release against its sums, or against others.

    Raises:
        NoManifestError: they are not there, or no sums.
    """
    path = manifest or release / FILE
    sums = _read(path)
    found = dict(_files(release))
    changed = [name for name in sums if name in found and _digest(found[name]) != sums[name]]
    return Verified(
        len(sums),
        hashlib.sha256(path.read_bytes()).hexdigest(),
        sorted(changed),
        sorted(sums.keys() - found.keys()),
        sorted(name for name in found.keys() - sums.keys() if not _is_bytecode(name, sums)),
    )


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise NoManifestError(f"{path} cannot be read: {error.strerror}") from error
    found = [_LINE.match(line) for line in lines]
    if not found or None in found:
        raise NoManifestError(f"{path} is no list of sums.")
    return {each[2]: each[1] for each in found if each}


def _files(release: Path) -> Iterator[tuple[str, Path]]:
    """Yield what lies in a release: files, and links, which lead who knows where."""
    for place, below, names in os.walk(release):
        directory = Path(place)
        if directory == release:
            below[:] = [each for each in below if each not in OURS]
        linked = [each for each in below if (directory / each).is_symlink()]
        for name in (*names, *linked):
            path = directory / name
            if directory != release or name not in OURS:
                yield str(path.relative_to(release)), path


def _is_bytecode(name: str, sums: Mapping[str, str]) -> bool:
    """Tell whether it is what Python made of a file of the release."""
    path = Path(name)
    if path.parent.name != BYTECODE or path.suffix != ".pyc":
        return False
    return str(path.parent.parent / f"{path.name.partition('.')[0]}.py") in sums


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "a link, or no file"
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
