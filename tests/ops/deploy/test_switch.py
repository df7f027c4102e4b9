"""Releases are made, switched to and gone back from, with the shipped units and real servers."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ops.embedded import binaries
from ops.embedded.layout import Layout
from ops.embedded.mongod import Mongod
from ops.embedded.redis_server import RedisServer
from tests.faults.conftest import Server
from tests.ops.deploy.machines import UNITS, Checkout, Machine, make_environment
from tests.tools import require

MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
{mark}
    dependencies = [("ops", "{after}")]
    operations = []
"""


class World:
    """A machine, and a checkout from which releases are made for it."""

    def __init__(self, machine: Machine, checkout: Checkout) -> None:
        """Take both."""
        self.machine, self.checkout = machine, checkout
        self._last = max(path.stem for path in (checkout.at / "ops" / "migrations").glob("0*.py"))

    def new_release(self, version: str) -> str:
        """Make a release of what is in the checkout now."""
        (self.checkout.at / "family_site" / "__init__.py").write_text(
            f'"""It."""\n\n__version__ = "{version}"\n'
        )
        self.checkout.commit()
        made = self.machine.run(str(self.checkout.at / "ops" / "deploy" / "make-release"))
        assert made.returncode == 0, made.stderr
        name = made.stdout.strip()
        make_environment(self.machine.root / "releases" / name)
        return name

    def add_migration(self, name: str, *, is_readable: bool) -> None:
        """Let the next release have another migration."""
        mark = "    readable_by_previous = True\n" if is_readable else ""
        text = MIGRATION.format(mark=mark, after=self._last)
        (self.checkout.at / "ops" / "migrations" / f"{name}.py").write_text(text)
        self._last = name

    def switch(self, *words: str, **variables: str) -> tuple[int, str]:
        """Switch; returns the status, and what was said."""
        ran = self.machine.run(str(self.checkout.at / "ops" / "deploy" / "switch"), *words, **variables)
        return ran.returncode, ran.stdout + ran.stderr

    def goes_to(self, *words: str) -> None:
        """Switch, which must succeed."""
        status, said = self.switch(*words)
        assert (status, "is ready" in said) == (0, True), said

    def break_start(self) -> None:
        """Let the next release end as soon as it is started."""
        path = self.checkout.at / "family_site" / "asgi.py"
        path.write_text(path.read_text() + "raise SystemExit(1)\n")

    def point(self, release: str) -> None:
        """Let a release be the current one without starting it."""
        link = self.machine.root / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(f"releases/{release}")
        env = self.machine.root / "releases" / release / ".env"
        env.unlink(missing_ok=True)
        env.symlink_to(self.machine.env)

    def manage(self, release: str) -> tuple[str, str]:
        """Return how a release's `manage.py` is called."""
        at = self.machine.root / "releases" / release
        return str(at / ".venv" / "bin" / "python"), str(at / "manage.py")

    def current(self) -> tuple[str, str]:
        """Return the release that is installed as the current one, and the version that answers."""
        answer = httpx.get(f"http://127.0.0.1:{self.machine.port}/health")
        return (self.machine.root / "current").readlink().name, answer.json()["version"]


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    systemctl = require(
        request.config, os.environ.get("SYSTEMCTL_REPLACEMENT", "systemctl3.py"), "systemctl3.py"
    )
    git = require(request.config, "git")
    require(request.config, "curl")
    require(request.config, "make")
    layouts = [Layout(tmp_path / name) for name in ("servers", "broker")]
    for layout in layouts:
        layout.prepare()
    redis = binaries.find("redis-server")
    servers = [
        Server.start(Mongod(layouts[0], binaries.find("mongod"), test_commands=False)),
        *(Server.start(RedisServer(layout, redis)) for layout in layouts),
    ]
    mongodb, cache, broker = (server.address for server in servers)
    machine = Machine(tmp_path / "machine", systemctl, mongodb=mongodb, cache=cache, broker=broker)
    yield World(machine, Checkout(tmp_path / "checkout", git))
    machine.stop()
    for server in servers:
        server.kill()


@pytest.mark.long
def test_a_release_runs_goes_forward_and_back_and_stays_when_the_next_one_does_not_start(
    world: World,
) -> None:
    first = world.new_release("1.0.0")
    world.goes_to(first)
    assert world.current() == (first, "1.0.0")
    assert world.machine.active() == list(UNITS)
    told = json.loads((world.machine.root / "current" / "RELEASE").read_text())
    assert (told["version"], told["commit"][:10]) == ("1.0.0", first.partition("-")[2])

    # Forward, with a migration after which there is a way back; and back.
    world.add_migration("9001_readable", is_readable=True)
    second = world.new_release("1.1.0")
    world.goes_to(second)
    assert world.current() == (second, "1.1.0")
    world.goes_to("--back")
    assert world.current() == (first, "1.0.0")

    world.break_start()
    third = world.new_release("1.2.0")
    status, said = world.switch(third)
    assert (status, f"{first} runs again" in said) == (1, True), said
    assert world.current() == (first, "1.0.0")
    assert world.machine.active() == list(UNITS)


@pytest.mark.long
def test_a_release_is_refused_that_leaves_no_way_back_or_cannot_read_the_data(world: World) -> None:
    first = world.new_release("1.0.0")
    world.add_migration("9001_one_way", is_readable=False)
    second = world.new_release("2.0.0")
    world.point(first)
    assert world.machine.run(*world.manage(first), "migrate", "--noinput").returncode == 0

    status, said = world.switch(second)
    assert (status, "No way back after these migrations: ops.9001_one_way" in said) == (1, True), said

    assert world.machine.run(*world.manage(second), "migrate", "--noinput").returncode == 0
    world.point(second)
    status, said = world.switch(first)
    assert (status, "unknown to this one: ops.9001_one_way" in said) == (1, True), said
    assert (world.machine.root / "current").readlink().name == second
    assert world.machine.active() == []
