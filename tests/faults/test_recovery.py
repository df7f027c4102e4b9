"""The recovery of the runbook, played whole while people pay: backup, loss, restore, proof, back to work."""

import itertools
import secrets
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient

from ops import embedded
from tests.e2e.demo import Run, running
from tests.e2e.terminal import Terminal
from tests.waiting import until

PEOPLE = ("ada", "ben")


@dataclass
class Payer:
    """Two people who pay each other again and again; keeps what was acknowledged."""

    terminal: Terminal
    tokens: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)
    last: int = 0

    def sign_in(self) -> None:
        """Sign in anew."""
        self.tokens = [self.terminal.sign_in(name) for name in PEOPLE]

    def pay(self, turn: int) -> None:
        """Let the one whose turn it is pay once."""
        intent = {"to_user": PEOPLE[1 - turn], "amount": 1, "transaction_id": secrets.token_hex(16)}
        try:
            answer = self.terminal.call("/sbd_tokens/send", intent, self.tokens[turn])
            self.paid.append(answer["transaction_id"])
            self.last = HTTPStatus.OK
        except urllib.error.HTTPError as error:
            self.last = error.code


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("recovery") / "var") as run:
        assert run.is_ready(), run.lines()
        yield run


@contextmanager
def paying(terminal: Terminal) -> Iterator[Payer]:
    """Pay meanwhile."""
    payer, over = Payer(terminal), threading.Event()
    payer.sign_in()

    def pay() -> None:
        for turn in itertools.cycle((0, 1)):
            if over.is_set():
                return
            payer.pay(turn)

    thread = threading.Thread(target=pay)
    thread.start()
    try:
        yield payer
    finally:
        over.set()
        thread.join()


@contextmanager
def database(run: Run) -> Iterator[Any]:
    """The product's database, past the product."""
    servers = embedded.running(run.var)
    assert servers is not None
    with MongoClient[dict[str, Any]](str(servers.mongodb_uri)) as client:
        yield client[settings.MONGODB_NAME]


@pytest.mark.long
def test_nothing_acknowledged_before_the_backup_is_missing_after_the_restore(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    terminal = Terminal.of(run.var, run.port, tmp_path_factory.mktemp("programs"))
    with paying(terminal) as payer:
        assert until(lambda: len(payer.paid) > 20)
        before = list(payer.paid)
        typed(terminal, "backup")
        assert until(lambda: len(payer.paid) > len(before) + 20)

        destroy(run)
        assert terminal.manage("verify_ledger").status != 0
        typed(terminal, 'maintenance on --reason "documents were lost"')
        latest = run.var / "backups" / "mongodb" / "latest"
        assert typed(terminal, f"restore --from {latest}")[-1] == "Nothing was changed; --apply does it."
        assert typed(terminal, f"restore --from {latest} --drop --apply")[-1] == "All is right."
        typed(terminal, "maintenance off")

        # Who was signed in is no longer: nothing that was revoked since comes back.
        assert until(lambda: payer.last == HTTPStatus.UNAUTHORIZED)
        payer.sign_in()
        assert until(lambda: payer.last == HTTPStatus.OK)
    assert terminal.manage("verify_ledger").status == 0
    with database(run) as found:
        there = {each["_id"] for each in found.sbd_transactions.find({"_id": {"$in": before}}, {"_id": 1})}
    assert there == set(before)


def destroy(run: Run) -> None:
    """Destroy what a person at the wrong prompt would: half of the ledger, all families."""
    with database(run) as lost:
        ids = [each["_id"] for each in lost.sbd_entries.find({}, {"_id": 1})]
        lost.sbd_entries.delete_many({"_id": {"$in": ids[::2]}})
        lost.families.drop()


def typed(terminal: Terminal, words: str) -> list[str]:
    """Type a command that must succeed; returns its lines."""
    done = terminal.manage(words)
    assert done.status == 0, done
    return done.lines


@pytest.mark.long
def test_the_copy_of_redis_is_a_file_that_redis_reads(run: Run) -> None:
    copy = run.var / "backups" / "redis" / "latest" / "dump.rdb"

    assert copy.read_bytes().startswith(b"REDIS")
