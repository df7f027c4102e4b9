"""The real application in processes of its own, for tests that stop and kill them."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from family_site.settings.environment import BASE_DIR
from ops.embedded import binaries, ports
from ops.embedded.layout import Layout
from ops.embedded.mongod import Mongod
from ops.embedded.process import Kind
from ops.embedded.redis_server import RedisServer
from ops.embedded.ties import die_with_parent

PROMISE_SECONDS = 3.0  # HTTP contract, section 2.2: no answer takes longer, whatever is away
WAIT_SECONDS = 60.0  # only so that a broken test ends
PASSWORD = "Quite-Long-7!"


class Answer(NamedTuple):
    """An answer, as it came."""

    status: int
    headers: dict[str, str]
    body: Any
    seconds: float

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a refusal, after a look at its shape (HTTP contract, section 2.1)."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        assert self.body["status"] == self.status
        assert self.body["message"] == self.body["detail"]
        assert self.body["request_id"] == self.headers["x-request-id"]
        assert str(self.body.get("retry_after")) == self.headers.get("retry-after", "None")
        return self.status, self.body["error"]


class Web:
    """A web process, and a client of it that waits no longer than the contract promises."""

    def __init__(self, environment: dict[str, str], log: Path, *, workers: int = 1) -> None:
        """Start it."""
        self.port = next(ports.candidates(None, "PORT"))
        command = [sys.executable, "-m", "uvicorn", "family_site.asgi:application", "--host", ports.LOOPBACK]
        command += ["--port", str(self.port), "--workers", str(workers), "--no-access-log"]
        command += ["--no-proxy-headers"]
        self.process = spawn(command, environment | {"PORT": str(self.port)}, log)
        until(lambda: ports.answers(self.port))

    def ask(self, method: str, path: str, token: str | None = None, body: Any = None, **more: str) -> Answer:
        """Send a request, with ``more`` headers, and return the answer; a late one is a TimeoutError."""
        connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=PROMISE_SECONDS)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        started = time.monotonic()
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            raw = connection.getresponse()
            text = raw.read()
        found = {name.lower(): value for name, value in raw.getheaders()}
        return Answer(raw.status, found, json.loads(text), time.monotonic() - started)

    def new_person(self, name: str) -> str:
        """Register somebody, and return their access token."""
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        answer = self.ask("POST", "/auth/register", body=body)
        assert answer.status == 201, answer
        token: str = answer.body["access_token"]
        return token

    def new_family(self, token: str, name: str = "Larks") -> str:
        """Found a family, and return its id."""
        answer = self.ask("POST", "/family/create", token, {"name": name})
        assert answer.status == 201, answer
        family_id: str = answer.body["family_id"]
        return family_id

    def is_healthy(self) -> bool:
        """Tell whether both servers are well; no worker runs beside it."""
        with contextlib.suppress(OSError):
            parts = self.ask("GET", "/health").body["components"]
            return {parts[name]["status"] for name in ("mongodb", "redis")} == {"healthy"}
        return False


@dataclass
class Server:
    """A MongoDB or Redis on a port that stays the same when it is killed and started again."""

    kind: Kind
    port: int
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls, kind: Kind) -> "Server":
        """Start it on a free port."""
        port = next(ports.candidates(None, kind.setting))
        return cls(kind, port, cls._started(kind, port))

    @property
    def address(self) -> str:
        """The URI for others."""
        return self.kind.address(self.port)

    def hang(self) -> None:
        """Let it take connections and answer nothing."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # until the last of its threads stands still

    def kill(self) -> None:
        """Kill it: from now on connections are refused."""
        self.process.kill()
        self.process.wait()

    def come_back(self) -> None:
        """Let it answer again, whatever was done to it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        else:
            self.process = self._started(self.kind, self.port)

    @staticmethod
    def _started(kind: Kind, port: int) -> "subprocess.Popen[bytes]":
        process = spawn(kind.argv(port), dict(os.environ, LC_ALL="C"), kind.log.path)
        until(lambda: kind.is_ready(port, process.pid))
        kind.disconnect()
        return process


@dataclass
class Site:
    """The three processes."""

    mongodb: Server
    redis: Server
    web: Web
    new_web: Callable[[], Web]

    def mend(self) -> None:
        """Bring everything back, and wait until the web process says so."""
        self.mongodb.come_back()
        self.redis.come_back()
        until(self.web.is_healthy)


@dataclass(frozen=True)
class Ground:
    """Servers, migrated, and the environment of processes that use them."""

    var: Path
    mongodb: Server
    redis: Server
    environment: dict[str, str]


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Start servers of one's own, and migrate."""
    with var_directory() as var:
        layout = Layout(var)
        layout.prepare()
        mongodb = Server.start(Mongod(layout, binaries.find("mongod"), test_commands=False))
        redis = Server.start(RedisServer(layout, binaries.find("redis-server")))
        environment = environment_of(var, MONGODB_URI=mongodb.address, REDIS_URL=redis.address)
        migrate(environment)
        yield Ground(var, mongodb, redis, environment)
        for process in (mongodb.process, redis.process):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def _site() -> Iterator[Site]:
    with ground() as at:
        webs: list[Web] = []

        def new_web() -> Web:
            webs.append(Web(at.environment, at.var / "web.log"))
            return webs[-1]

        site = Site(at.mongodb, at.redis, new_web(), new_web)
        yield site
        for web in webs:
            web.process.kill()
            web.process.wait()


@pytest.fixture
def site(_site: Site) -> Iterator[Site]:
    """Web, MongoDB and Redis, all well; and so again for the next test."""
    _site.mend()
    yield _site
    _site.mend()


@contextlib.contextmanager
def var_directory() -> Iterator[Path]:
    """Make a directory for the data of a site of its own."""
    var = Path(tempfile.mkdtemp(prefix="sbd-faults-"))
    try:
        yield var
    finally:
        shutil.rmtree(var, ignore_errors=True)


def environment_of(var: Path, **more: str) -> dict[str, str]:
    """Return the environment of processes that keep their data below ``var``; nothing of this run's own."""
    own = {name: value for name, value in os.environ.items() if name not in {"MONGODB_URI", "REDIS_URL"}}
    return own | {"SBD_MODE": "test", "SBD_VAR": str(var)} | more


def migrate(environment: dict[str, str]) -> None:
    """Prepare the database."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, stdout=subprocess.DEVNULL)


def spawn(command: list[str], environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a process that ends with this one."""
    with log.open("ab") as file:
        return subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, "it never came to be"
        time.sleep(0.02)
