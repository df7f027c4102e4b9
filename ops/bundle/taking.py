"""Taking a bundle: all pieces at once, none waited for longer than it may take, and everything masked."""

import hashlib
import io
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from ops.bundle.errors import CannotReadError
from ops.bundle.masking import Mask
from ops.bundle.part import Part, Piece
from ops.bundle.scene import Scene, Shared
from ops.doctor import report, runner
from ops.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from ops.doctor.check import Examination

DOCTOR, MANIFEST = "00-doctor", "manifest.json"
DOCTOR_SECONDS = 5.0
# Of a piece that is longer, the end is kept: what happened last.
MOST_LETTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A file of the bundle."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be read: of which part, what, from where, and why."""

    part: str
    what: str
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was taken."""

    files: tuple[File, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class _Begun:
    part: Part
    scene: Scene
    pieces: Sequence[tuple[Piece, "Future[str]"]]


def take(
    parts: Sequence[Part],
    shared: Shared,
    mask: Mask,
    *,
    now: datetime,
    span: timedelta | None = None,
) -> Bundle:
    """Return the files of a bundle.

    Args:
        parts: what it is to hold.
        shared: the sources.
        mask: what everything is shown to before it is written.
        now: when it is taken.
        span: how far back to look; ``None``: as each part has it.
    """
    spans = [span or part.span for part in parts]
    started = time.monotonic()
    examined = runner.begin("bundle", shared.examinations.get)
    begun = [_begin(part, Scene(now, now - each, shared)) for part, each in zip(parts, spans, strict=True)]
    files, missing = [*_doctors(examined, started, mask)], list[Missing]()
    told = []
    for each in begun:
        made, lacks = _collected(each, started, mask)
        files += made
        missing += lacks
        told.append(_told(each, made, lacks))
    files.append(_manifest(files, told, now))
    return Bundle(tuple(files), tuple(missing))


def _begin(part: Part, scene: Scene) -> _Begun:
    return _Begun(
        part, scene, [(piece, runner.begin(part.name, partial(piece.read, scene))) for piece in part.pieces]
    )


def _collected(begun: _Begun, started: float, mask: Mask) -> tuple[list[File], list[Missing]]:
    """Put a part together; a piece that is missing says so in its place."""
    part, texts = (
        begun.part,
        [f"{begun.part.name[:3]} {begun.part.title}, runbook section {begun.part.section}"],
    )
    texts.append(f"From {begun.scene.since:%Y-%m-%d %H:%M:%S} to {begun.scene.now:%H:%M:%S} UTC.")
    files, missing = list[File](), list[Missing]()
    for piece, future in begun.pieces:
        read = _read(piece, future, started)
        if isinstance(read, CannotReadError):
            why = mask.hide(str(read))
            missing.append(Missing(part.name, piece.heading, piece.source, why))
            texts.append(f"{_heading(piece)}\nCould not be read: {why}.")
        elif piece.suffix:
            files.append(File(f"{part.name}{piece.suffix}", mask.hide(read).encode()))
        else:
            texts.append(f"{_heading(piece)}\n{mask.hide(_end(read))}")
    files.insert(0, File(f"{part.name}.txt", ("\n\n".join(texts) + "\n").encode(errors="replace")))
    return files, missing


def _heading(piece: Piece) -> str:
    return f"== {piece.heading} ({piece.source}) =="


def _end(text: str) -> str:
    if len(text) <= MOST_LETTERS:
        return text.rstrip("\n")
    return f"The first {len(text) - MOST_LETTERS} letters are left out.\n{text[-MOST_LETTERS:]}"


def _read(piece: Piece, future: "Future[str]", started: float) -> str | CannotReadError:
    """Return a piece's text, or why there is none; never what an exception says, which may quote anything."""
    try:
        return future.result(max(0.0, started + piece.seconds - time.monotonic()))
    except CannotReadError as error:
        return error
    except LateError:
        if not future.done():
            return CannotReadError(f"no answer within {piece.seconds:g} s")
        return CannotReadError("no answer in time")
    except Exception as error:  # noqa: BLE001  # whatever it is, the other pieces are worth having
        return CannotReadError(_why(error))


def _why(error: Exception) -> str:
    if isinstance(error, OperationFailure):
        return f"MongoDB refuses: {(error.details or {}).get('codeName', error.code)}"
    if isinstance(error, AutoReconnect | DatabaseUnavailableError):
        return "MongoDB does not answer"
    if isinstance(error, PyMongoError):
        return f"MongoDB cannot be asked: {type(error).__name__}"
    if isinstance(error, AuthenticationError | NoPermissionError):
        return f"Redis refuses: {type(error).__name__}"
    if isinstance(error, RedisError):
        return f"Redis does not answer: {type(error).__name__}"
    return f"reading it failed: {type(error).__name__}"


def _doctors(examined: "Future[list[Examination]]", started: float, mask: Mask) -> Iterator[File]:
    """Yield what doctor says, to people and to programs."""
    try:
        found = examined.result(max(0.0, started + DOCTOR_SECONDS - time.monotonic()))
    except Exception as error:  # noqa: BLE001  # a check that cannot even be started must not cost the rest
        yield File(f"{DOCTOR}.txt", f"doctor could not look: {type(error).__name__}\n".encode())
        return
    yield File(f"{DOCTOR}.txt", mask.hide(report.text(found, report.Pen(io.StringIO()))).encode())
    masked = _masked(json.loads(report.document(found)), mask)
    yield File(f"{DOCTOR}.json", (json.dumps(masked, indent=2) + "\n").encode())


def _masked(part: Any, mask: Mask) -> Any:
    """Return a document with each of its texts masked, so that it stays one."""
    if isinstance(part, dict):
        return {name: _masked(each, mask) for name, each in part.items()}
    if isinstance(part, list):
        return [_masked(each, mask) for each in part]
    return mask.hide(part) if isinstance(part, str) else part


def _told(begun: _Begun, files: Sequence[File], missing: Sequence[Missing]) -> dict[str, object]:
    """Return what the manifest says of a part."""
    return {
        "part": begun.part.name[:3],
        "title": begun.part.title,
        "section": begun.part.section,
        "since": begun.scene.since.isoformat(timespec="seconds"),
        "files": [file.name for file in files],
        "sources": list(dict.fromkeys(piece.source for piece, _ in begun.pieces)),
        "could_not_read": [{"what": each.what, "source": each.source, "why": each.why} for each in missing],
    }


def _manifest(files: Sequence[File], parts: Sequence[dict[str, object]], now: datetime) -> File:
    document = {
        "taken_at": now.isoformat(timespec="seconds"),
        "parts": parts,
        "files": [
            {
                "name": each.name,
                "bytes": len(each.content),
                "sha256": hashlib.sha256(each.content).hexdigest(),
            }
            for each in files
        ],
    }
    return File(MANIFEST, (json.dumps(document, indent=2) + "\n").encode())
