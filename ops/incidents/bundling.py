"""The support bundle of an incident: taken once, at once, before anybody restarts anything."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

from ops.bundle import archive, known, parts, taking
from ops.bundle.masking import Mask
from ops.bundle.part import HOUR
from ops.bundle.scene import Shared
from ops.doctor import whereabouts
from ops.mongo.collections import Document

DIRECTORY = ("bundles", "incidents")


def take(incident: Document, now: datetime) -> Document:
    """Take the bundle of an incident's section of the runbook, or of all; returns what is kept of it.

    Returns:
        ``{path, sha256, bytes, at, missing}``; ``missing``: names of the parts that lack something.

    Raises:
        OSError: the archive cannot be written.
    """
    where = whereabouts.from_settings()
    section = _section(incident)
    mask = Mask(known.secrets(where, os.environ))
    with Shared(where, now - HOUR, None) as shared:
        taken = taking.take(parts.of(section), shared, mask, now=now)
    path = _path(where.var, incident["_id"])
    path.parent.mkdir(mode=archive.DIRECTORY_MODE, parents=True, exist_ok=True)
    archive.write(taken.files, archive.name(section, now), path, now=now)
    written = path.read_bytes()
    return {
        "path": str(path),
        "sha256": hashlib.sha256(written).hexdigest(),
        "bytes": len(written),
        "at": now,
        "missing": sorted({each.part[:3] for each in taken.missing}),
    }


def charts(incident: Document) -> list[str]:
    """Return the names of the pictures in the bundle of an incident."""
    drawn = [(part, piece) for part in parts.of(_section(incident)) for piece in part.pieces if piece.suffix]
    return [f"{part.name}{piece.suffix}" for part, piece in drawn]


def _section(incident: Document) -> int | None:
    """Return the section whose parts the bundle holds; ``None``: those of all."""
    return incident["section"] if incident["section"] in parts.sections() else None


def _path(var: Path, incident_id: str) -> Path:
    return var.joinpath(*DIRECTORY, f"{incident_id}{archive.ENDING}")
