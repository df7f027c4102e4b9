"""Servers that these tests may change and stop, the lines of processes, and bundles as they are taken."""

import json
import logging
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import structlog

from ops import clock, embedded
from ops.bundle import known, parts, sampling, taking
from ops.bundle.masking import Mask
from ops.bundle.part import HOUR
from ops.bundle.scene import Shared
from ops.doctor import whereabouts
from ops.doctor.whereabouts import Whereabouts

NOWHERE = 1  # a port on which nobody ever listens
DEAD_MONGODB = f"mongodb://127.0.0.1:{NOWHERE}/?replicaSet=sbd"
DEAD_REDIS = f"redis://127.0.0.1:{NOWHERE}/0"


@dataclass(frozen=True)
class Taken:
    """The files of a bundle by name, and what is missing: part and why."""

    files: dict[str, str]
    missing: dict[str, set[str]]

    @property
    def manifest(self) -> dict[str, Any]:
        """What the bundle says of itself."""
        told: dict[str, Any] = json.loads(self.files["manifest.json"])
        return told

    def __getitem__(self, number: str) -> str:
        """Return the text of a part."""
        (text,) = [
            text
            for name, text in self.files.items()
            if name.startswith(f"{number}-") and name.endswith(".txt")
        ]
        return text


Take: TypeAlias = Callable[..., Taken]


@pytest.fixture(autouse=True)
def _quick_and_without_an_exporter(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(sampling, "BETWEEN_SECONDS", 0.01)
    settings.METRICS_PORT = NOWHERE  # on the usual one another test may have started the demo's


@pytest.fixture
def where() -> Whereabouts:
    """Where all is, as a command finds it."""
    return whereabouts.from_settings()


@pytest.fixture
def take(where: Whereabouts) -> Take:
    """``take(section, file=…)`` takes a bundle."""

    def taken(
        section: int | None = None,
        *,
        at: Whereabouts = where,
        span: timedelta | None = None,
        file: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> Taken:
        now = clock.now()
        mask = Mask(known.secrets(at, environment or {}))
        with Shared(at, now - (span or HOUR), None if file is None else str(file)) as shared:
            bundle = taking.take(parts.of(section), shared, mask, now=now, span=span)
        missing: dict[str, set[str]] = {}
        for each in bundle.missing:
            missing.setdefault(each.part[:3], set()).add(each.why)
        return Taken({each.name: each.content.decode() for each in bundle.files}, missing)

    return taken


@pytest.fixture
def redis() -> Iterator[str]:
    """The address of a Redis of this test alone."""
    directory = Path(tempfile.mkdtemp(prefix="sbd-bundle-"))
    try:
        servers = embedded.start(directory, mongodb=False, tie_to_parent=True, preferred_ports=False)
        yield str(servers.redis_url)
    finally:
        embedded.stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def aloud() -> Iterator[None]:
    """After a command that is silent, the tests hear what is logged again."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    logging.disable(logging.NOTSET)


def unpacked(archive: Path) -> dict[str, str]:
    """Return the files of an archive, by their names in it."""
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
        texts = {each.name: opened.extractfile(each) for each in members}
        return {name: text.read().decode() for name, text in texts.items() if text is not None}
