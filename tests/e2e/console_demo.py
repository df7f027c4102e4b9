"""The demo's web process alone, in databases of its own beside the tests', for looking at the console."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import connection

from ops.embedded import ports
from ops.embedded.ties import die_with_parent
from tests.browser import Watched
from tests.e2e import processes

STAFF = "operator"


@dataclass(frozen=True)
class Served:
    """The demo, served."""

    address: str
    password: str

    def sign_in(self, page: Watched, name: str = STAFF) -> None:
        """Sign in to the console."""
        page.open(f"{self.address}/admin/")
        self.send_password(page, name)
        page.page.get_by_role("button", name="Sign out").wait_for()

    def send_password(self, page: Watched, name: str = STAFF) -> None:
        """Fill the form of the sign-in, and send it."""
        page.page.get_by_label("Username").fill(name)
        page.page.get_by_label("Password").fill(self.password)
        page.page.get_by_role("button", name="Log in").click()


@contextmanager
def serving(var: Path, **more: str) -> Iterator[Served]:
    """Serve the demo on a port of its own; ``more``: what else its settings are told."""
    port = next(ports.candidates(None, "PORT"))
    surroundings = {
        "SBD_MODE": "demo",
        "SBD_VAR": str(var),
        "PORT": str(port),
        "MONGODB_URI": settings.MONGODB_URI,
        "REDIS_URL": settings.REDIS_URL,
        **more,
    }
    prepared = processes.manage("prepare", **surroundings)
    assert prepared.returncode == 0, prepared.stderr
    server = _started(port, surroundings)
    try:
        address = f"http://localhost:{port}"
        assert processes.wait_until(lambda: _answers(f"{address}/health/ready"))
        yield Served(address, json.loads((var / "demo-sign-ins").read_text())[STAFF])
    finally:
        server.terminate()
        server.wait(processes.LONGEST_WAIT_SECONDS)
        for name in (settings.MONGODB_NAME, settings.CONTROL_DATABASE_NAME):
            connection.connection.drop_database(name)


def _started(port: int, surroundings: dict[str, str]) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "uvicorn", "family_site.asgi:application", "--port", str(port)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [*words, "--no-access-log"],
        cwd=Path(processes.MANAGE).parent,
        env=processes.environment(**surroundings),
        stdout=quiet,
        stderr=quiet,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as got:  # noqa: S310  # our own address
            return bool(got.status == HTTPStatus.OK)
    except OSError:  # an answer that is a refusal, or none yet
        return False
