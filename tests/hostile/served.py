"""The real system: uvicorn as ``manage.py run`` starts it, with one worker, on the tests' database."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import connection

from family_site.settings.environment import BASE_DIR
from ops.embedded import ports
from ops.embedded.ties import die_with_parent
from tests.hostile.line import Line

START_SECONDS = 60.0
MEGABYTE = 1024 * 1024
SERIOUS = (b"ERROR", b"CRITICAL")


class Served:
    """A running web process."""

    def __init__(self, log: Path) -> None:
        """Start it, and wait until it takes connections."""
        self._log = log
        self.port = next(ports.candidates(None, "PORT"))
        words = [str(word) for word in settings.RUN_PROCESSES["web"]]
        words[words.index("--port") + 1] = str(self.port)
        words[words.index("--workers") + 1] = "1"
        surroundings = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.hostile.settings",
            "SBD_TESTS_DATABASE": connection.settings_dict["NAME"],
        }
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                words,
                cwd=BASE_DIR,
                env=surroundings,
                stdout=file,
                stderr=file,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
            )
        until = time.monotonic() + START_SECONDS
        while not ports.answers(self.port):
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < until, "it never took a connection"
            time.sleep(0.02)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def megabytes(self) -> float:
        """What it holds in memory at this moment."""
        return float(psutil.Process(self._process.pid).memory_info().rss) / MEGABYTE

    def line(self, address: str = "127.0.0.1") -> Line:
        """Return a new connection."""
        return Line(self.port, address)

    def defects(self) -> list[dict[str, Any]]:
        """Return the lines of its log that speak of defects; one that is no JSON is a defect too."""
        return list(self._defects())

    def stop(self) -> None:
        """End it at once: nothing that it would finish is waited for."""
        self._process.kill()
        self._process.wait()

    def _defects(self) -> Iterator[dict[str, Any]]:
        with self._log.open("rb") as lines:
            for line in lines:
                if line.startswith(b"{") and not any(level in line for level in SERIOUS):
                    continue
                entry: dict[str, Any] = {"level": "ERROR", "line": line.decode(errors="replace")}
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                if entry["level"] in {"ERROR", "CRITICAL"}:
                    yield entry
