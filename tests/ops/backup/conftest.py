"""A directory of each test's own for backups, and a system that stands still."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from ops import clock, switches
from ops.actors import Actor
from ops.backup import records
from ops.backup.places import Places
from ops.jobs import heartbeats
from ops.maintenance import mode, switching
from ops.mongo.collections import control_collection
from tests.ops.backup import filled
from tests.waiting import until


@pytest.fixture(autouse=True)
def places() -> Iterator[Places]:
    """Where backups go, beside the servers' data; nothing is known of those of other tests."""
    _forget()
    root = Path(tempfile.mkdtemp(prefix="backups-", dir=settings.VAR_DIR)) / "backups"
    with override_settings(BACKUP_DIR=root, BACKUP_KEEP=7, BACKUP_KEY=""):
        yield Places(root)
    shutil.rmtree(root.parent)
    _forget()


@pytest.fixture
def quieten() -> Iterator[Callable[[], None]]:
    """``quieten()`` begins maintenance, confirmed by everybody: nobody else lives. It ends with the test."""
    yield _begin
    _resume()


@pytest.fixture
def quiet(quieten: Callable[[], None]) -> None:
    """Maintenance from the beginning."""
    quieten()


@pytest.fixture
def resume() -> Callable[[], None]:
    """``resume()`` ends it in the middle of a test."""
    return _resume


@pytest.fixture
def server() -> Iterator[filled.Server]:
    """The server, which can be told to fail in commands of backups; well again afterwards."""
    server = filled.Server()
    try:
        yield server
    finally:
        server.mend()
        server.client.close()


def _forget() -> None:
    for name in (records.NAME, heartbeats.NAME, "chain_heads", "ledger_checks"):
        control_collection(name).delete({})


def _begin() -> None:
    switching.switch_on(reason="a restore is tried", actor=Actor.shell(), now=clock.now())
    assert until(mode.is_on)


def _resume() -> None:
    control_collection(switches.NAME).delete({"_id": mode.SWITCH})
    switches.forget()
    assert until(lambda: not mode.is_on())
