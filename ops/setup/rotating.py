"""Changing a key of an installation: a new one first, the old one behind it as long as it is needed.

What a key has sealed or signed must be opened by it as long as that lies somewhere: so the keys of the
database are never dropped here. No key is told to anybody, only its fingerprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from ops import files
from ops.keys import PURPOSES, fingerprint
from ops.setup import keys

ALL = "sbd-api sbd-worker sbd-beat sbd-metrics"
SECRET_MODE = 0o600


class Overlap(StrEnum):
    """Whether the old key stays behind the new one."""

    ALWAYS = "always"  # what it sealed lies in the database
    CHOSEN = "chosen"  # it may be dropped, when it was stolen
    NEVER = "never"  # there is room for one only


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a key is changed.

    Attributes:
        overlap: whether the old one stays.
        restart: the units that read it, in the order in which they are restarted: who must know the new key
            before another uses it, first.
        kept: what follows for people if the old one stays.
        dropped: what follows if it does not.
    """

    overlap: Overlap
    restart: str
    kept: str = ""
    dropped: str = ""


ROTATIONS: Mapping[str, Rotation] = MappingProxyType(
    {
        "JWT_SIGNING_KEY": Rotation(
            Overlap.CHOSEN,
            ALL,
            "tokens that the old key signed stay good until they run out, at most 90 days",
            "every access and refresh token is refused at once: everybody signs in again",
        ),
        "LINK_SIGNING_KEY": Rotation(
            Overlap.ALWAYS, ALL, "links that were mailed stay good until they expire, at most 7 days"
        ),
        "FIELD_KEY": Rotation(
            Overlap.ALWAYS,
            "sbd-worker sbd-api sbd-beat sbd-metrics",
            "what the old key sealed is opened by it as before: it stays for good",
        ),
        "AUDIT_KEY": Rotation(
            Overlap.ALWAYS,
            "sbd-worker sbd-beat sbd-metrics sbd-api",
            "what the old key sealed is verified by it as before: it stays for good",
        ),
        "MONITORING_SECRET": Rotation(
            Overlap.CHOSEN,
            "sbd-api",
            "both are taken; give Alertmanager the first, then take the second out",
            "alerts are refused until Alertmanager shows the new one: do that next",
        ),
        "SECRET_KEY": Rotation(
            Overlap.NEVER, "sbd-api sbd-worker sbd-beat sbd-metrics", dropped="browsers sign in again"
        ),
    }
)


class CannotRotateError(Exception):
    """A key cannot be changed so; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written: the text of the file, and what can be told of it."""

    path: Path
    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    restart: str
    follows: str


def planned(name: str, path: Path, *, overlap: bool) -> Plan:
    """Make a new key, and say what it would change; nothing is changed.

    Args:
        name: of the variable, one of ``ROTATIONS``.
        path: the environment file.
        overlap: the old keys stay behind the new one, where that is possible.

    Raises:
        CannotRotateError: the file cannot be read, has no value for it, or the old key must stay.
    """
    how = ROTATIONS[name]
    if how.overlap == Overlap.ALWAYS and not overlap:
        raise CannotRotateError(f"{name} is never dropped: {how.kept}.")
    text = _read(path)
    value = keys.value_of(text, name)
    old = [each.strip() for each in value.split(",")] if how.overlap != Overlap.NEVER else [value]
    if not all(old):
        raise CannotRotateError(f"{path} has no value for {name}; `manage.py setup` makes one.")
    stays = overlap and how.overlap != Overlap.NEVER
    fresh = [keys.new(), *(old if stays else [])]
    return Plan(
        path,
        keys.with_value(text, name, ",".join(fresh)),
        _fingerprints(name, old),
        _fingerprints(name, fresh),
        how.restart,
        how.kept if stays else how.dropped,
    )


def carry_out(plan: Plan, *, now: datetime) -> Path:
    """Write it, after a copy of the file as it was, for its owner only; returns the copy.

    Raises:
        CannotRotateError: the file cannot be written.
    """
    real = plan.path.resolve()
    copy = real.with_name(f"{real.name}.{now:%Y-%m-%dT%H-%M-%S}Z")
    try:
        before, known = real.read_text(), real.stat()
        files.replace(copy, before, mode=SECRET_MODE, owner=(known.st_uid, known.st_gid))
        keys.write(real, plan.text)
    except OSError as error:
        raise CannotRotateError(f"{error.filename}: {error.strerror}") from error
    return copy


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise CannotRotateError(f"{path}: {error.strerror}") from error


def _fingerprints(name: str, values: list[str]) -> tuple[str, ...]:
    """Return what keys are known by; the audit log and heartbeats name them so."""
    return tuple(fingerprint(each, purpose=PURPOSES.get(name, name)) for each in values)
