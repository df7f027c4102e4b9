"""``manage.py support_bundle``: exit status 0: all was taken, 1: something could not be read."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ops import clock, logs
from ops.arguments import Parser
from ops.bundle import archive, known, noting, parts, taking
from ops.bundle.masking import Mask
from ops.bundle.part import HOUR
from ops.bundle.scene import Shared
from ops.bundle.taking import Bundle
from ops.doctor import whereabouts
from ops.doctor.whereabouts import Whereabouts
from ops.spans import duration

# Neither 0 nor 1: EX_CANTCREAT of sysexits.h.
CANNOT_WRITE = 73
DIRECTORY = "bundles"


def main(arguments: Sequence[str], *, settings_error: Exception | None = None) -> int:
    """Take a bundle, and say where it lies; returns the exit status.

    Args:
        arguments: what was typed after ``support_bundle``.
        settings_error: why Django could not be set up; ``None``: it is.
    """
    options = _parser().parse_args(arguments)
    logs.be_silent()  # what would be logged of a server that is away, the bundle says
    where = whereabouts.from_environment(settings_error) if settings_error else whereabouts.from_settings()
    now = clock.now()
    stem = archive.name(options.section, now)
    path = _path(options.out, where, f"{stem}{archive.ENDING}")
    mask = Mask(known.secrets(where, os.environ))
    with Shared(where, now - (options.since or HOUR), options.file) as shared:
        taken = taking.take(parts.of(options.section), shared, mask, now=now, span=options.since)
    try:
        path.parent.mkdir(mode=archive.DIRECTORY_MODE, parents=True, exist_ok=True)
        archive.write(taken.files, stem, path, now=now)
    except OSError as error:
        sys.stderr.write(f"{path} cannot be written ({error.strerror}): name another place with --out\n")
        return CANNOT_WRITE
    _say(taken, path)
    _note(options, taken, where, now)
    return 1 if taken.missing else 0


def _path(out: str | None, where: Whereabouts, name: str) -> Path:
    """Return where the archive is to lie; ``out`` may name a directory."""
    if out is None:
        return where.var / DIRECTORY / name
    path = Path(out)
    return path / name if path.is_dir() else path


def _say(taken: Bundle, path: Path) -> None:
    size = sum(len(each.content) for each in taken.files)
    lines = [f"{each.name} ({len(each.content):,} bytes)" for each in taken.files]
    lines += [f"\n{path}: {len(taken.files)} files, {size:,} bytes unpacked"]
    if taken.missing:
        lines.append("\nCould not be read:")
        lines += [f"  {source}: {why} ({lacking})" for (source, why), lacking in _by_reason(taken).items()]
    sys.stdout.write("\n".join(lines) + "\n")


def _by_reason(taken: Bundle) -> dict[tuple[str, str], str]:
    """Return of which parts something is missing, by its source and why."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for each in taken.missing:
        found.setdefault((each.source, each.why), {})[each.part[:3]] = None
    return {reason: ", ".join(lacking) for reason, lacking in found.items()}


def _note(options: argparse.Namespace, taken: Bundle, where: Whereabouts, now: datetime) -> None:
    lacking = sorted({each.part[:3] for each in taken.missing})
    if where.faults or not noting.note({"section": options.section, "incomplete": lacking}, now=now):
        sys.stdout.write("\nThat it was taken could not be written into the audit log.\n")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="manage.py support_bundle",
        description="Puts what an escalation must carry into one archive, masked; also when MongoDB, Redis, "
        "the web process or the settings are broken. Changes nothing.",
        epilog="Exit status: 0 all was taken, 1 something could not be read.",
    )
    parser.add_argument(
        "--section",
        type=int,
        choices=parts.sections(),
        help="only what this section of the runbook asks for; without: all",
    )
    parser.add_argument("--out", help="the file, or its directory (bundles in SBD_VAR)")
    parser.add_argument(
        "--since", type=duration, help="how far back to look: 30m, 2h (logs 30 min, everything else an hour)"
    )
    parser.add_argument(
        "--file", help="where the lines of our processes are, if there is no journal; -: standard input"
    )
    return parser
