"""A terminal on the machine that the demo runs on: lines of the runbook are typed as they are printed.

Only where they lead is changed, since the demo of the tests has ports of its own: ``redis-cli`` and ``curl``
are found first in a folder of small programs, of which the one adds ``-p <port>`` and the other puts the
ports in the place of ``localhost:8000`` and ``localhost:9090``. ``uv`` and ``python`` are those of the
project's environment.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ops import embedded
from ops.embedded import binaries
from tests.e2e import processes

ROOT = processes.MANAGE.parent
BIN = Path(sys.executable).parent
CURL = Path("/usr/bin/curl")
MISSING = f"NO CURL: {CURL} is not there; the runbook's lines with curl are not typed."
SECONDS = 60.0
REDIS_CLI = '#!/bin/sh\nexec {program} -p {port} "$@"\n'
# ``bash`` puts them in all words at once.
CURL_HERE = """#!/bin/bash
words=("${{@//localhost:8000/localhost:{port}}}")
exec {program} "${{words[@]//localhost:9090/localhost:{metrics_port}}}"
"""


def install(folder: Path, programs: Mapping[str, str]) -> None:
    """Put programs into a folder: the text of each, by its name."""
    for name, text in programs.items():
        program = folder / name
        program.write_text(text)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)


@dataclass(frozen=True)
class Typed:
    """What a line did.

    Attributes:
        out: what it printed.
        error: what it printed as faults.
    """

    status: int
    out: str
    error: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()

    @property
    def fields(self) -> dict[str, str]:
        """What ``redis-cli info`` printed, by name."""
        return dict(line.split(":", 1) for line in self.lines if ":" in line)


@dataclass(frozen=True)
class Terminal:
    """Types lines for the demo whose servers' data lie in ``var``; its web process has ``port``."""

    var: Path
    port: int
    programs: Path

    @classmethod
    def of(cls, var: Path, port: int, folder: Path, *, metrics_port: int = 9090) -> "Terminal":
        """Put the small programs into ``folder``."""
        servers = embedded.running(var)
        assert servers is not None
        redis_port = urlsplit(str(servers.redis_url)).port
        texts = {
            "redis-cli": REDIS_CLI.format(program=binaries.find("redis-cli"), port=redis_port),
            "curl": CURL_HERE.format(program=CURL, port=port, metrics_port=metrics_port),
        }
        install(folder, texts)
        return cls(var, port, folder)

    def types(self, line: str, **variables: str) -> Typed:
        """Type a line, or several, at the root of the project."""
        path = os.pathsep.join([str(self.programs), str(BIN), os.environ["PATH"]])
        surroundings = {"SBD_MODE": "demo", "SBD_VAR": str(self.var), "PORT": str(self.port), "PATH": path}
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=ROOT,
            env=processes.environment(**surroundings | variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        return Typed(done.returncode, done.stdout.replace("\r", ""), done.stderr)

    def call(self, path: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
        """Send a call past the terminal; returns the body of its answer."""
        signed_in = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(  # our own address
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **signed_in},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  # as above
            return json.loads(answer.read())

    def sign_in(self, username: str) -> str:
        """Sign one of the demo's people in; returns an access token."""
        password = json.loads((self.var / "demo-sign-ins").read_text())[username]
        return str(self.call("/auth/login", {"username": username, "password": password})["access_token"])

    def manage(self, words: str, **variables: str) -> Typed:
        """Type a ``manage.py`` command as the documentation prints it."""
        return self.types(f"python manage.py {words}", **variables)


def require_curl(config: pytest.Config) -> None:
    """Skip without curl, and say so aloud; with ``REQUIRE_CURL=1`` a missing one is a failure."""
    if shutil.which(str(CURL)):
        return
    if os.environ.get("REQUIRE_CURL") == "1":
        pytest.fail(MISSING)
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n*** {MISSING} ***", file=sys.stderr)  # noqa: T201  # past the capture, so that it is seen
    pytest.skip(MISSING)
