"""Maintenance of a system at work: nothing writes once it is confirmed, and all of it goes on afterwards."""

import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient

from ops import embedded
from tests.e2e.demo import Run, running
from tests.e2e.terminal import Terminal
from tests.waiting import until

pytestmark = pytest.mark.long

LOOK_SECONDS = 3.0


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("standstill") / "var") as run:
        assert run.is_ready(), run.lines()
        yield run


def database_hash(run: Run) -> str:
    """Return MongoDB's hash over every document of the product's database."""
    servers = embedded.running(run.var)
    assert servers is not None
    with MongoClient[dict[str, Any]](str(servers.mongodb_uri)) as client:
        return str(client[settings.MONGODB_NAME].command("dbHash")["md5"])


@contextmanager
def load(terminal: Terminal) -> Iterator[list[int]]:
    """Pay tokens again and again meanwhile; yields the statuses of the answers."""
    token, statuses, over = terminal.sign_in("ada"), list[int](), threading.Event()

    def pay() -> None:
        while not over.is_set():
            intent = {"to_user": "ben", "amount": 1, "transaction_id": secrets.token_hex(16)}
            try:
                terminal.call("/sbd_tokens/send", intent, token)
                statuses.append(HTTPStatus.OK)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)

    thread = threading.Thread(target=pay)
    thread.start()
    yield statuses
    over.set()
    thread.join()


def test_nothing_writes_once_all_have_confirmed_and_then_all_goes_on(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    terminal = Terminal.of(run.var, run.port, tmp_path_factory.mktemp("programs"))
    with load(terminal) as statuses:
        assert until(lambda: statuses.count(HTTPStatus.OK) > 5)
        began = terminal.manage('maintenance on --reason "the disk is changed"')
        assert (began.status, began.lines[-1]) == (
            0,
            "Every process that lives has confirmed: nothing writes.",
        ), began

        before, paid = database_hash(run), len(statuses)
        time.sleep(LOOK_SECONDS)  # for this long somebody might write

        assert database_hash(run) == before
        assert len(statuses) > paid
        assert set(statuses[paid:]) == {HTTPStatus.SERVICE_UNAVAILABLE}
        ended = terminal.manage("maintenance off")
        assert (ended.status, ended.lines) == (0, ["Maintenance is over."]), ended

        assert until(lambda: statuses[-1] == HTTPStatus.OK)
    assert terminal.manage("maintenance status").lines == ["Maintenance is off."]


def test_it_needs_a_reason(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    terminal = Terminal.of(run.var, run.port, tmp_path_factory.mktemp("programs"))

    typed = terminal.manage("maintenance on")

    assert (typed.status, typed.error) == (1, "CommandError: Say why: --reason TEXT\n")
    assert terminal.manage("maintenance status").lines == ["Maintenance is off."]
