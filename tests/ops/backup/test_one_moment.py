"""A backup while people pay is of one moment: a transaction is in it with all that belongs to it, or not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from ops import clock
from ops.backup import dumping, loading, manifest
from ops.backup.places import Places
from ops.errors import ConflictError, DatabaseUnavailableError, ServiceUnavailableError
from tests.factories import Person, new_person
from tests.ops.backup.filled import Server, run, stored
from tests.scale import FULL
from tests.tokens import deeds, ledger_checker
from tests.tokens.funds import account_of, issue
from tests.waiting import until

BACKUPS, TOKENS = 20 if FULL else 2, 100_000
SCRATCH = "tests_of_backups"


@pytest.fixture
def payers() -> list[Person]:
    """Four people with tokens."""
    found = [new_person() for _ in range(4)]
    for each in found:
        issue(account_of(each)["_id"], TOKENS)
    return found


@contextmanager
def paying(payers: list[Person]) -> Iterator[None]:
    """Let each pay the next, without a pause."""
    over = threading.Event()

    def pay(number: int) -> None:
        payer, payee = payers[number], payers[(number + 1) % len(payers)]
        while not over.is_set():
            try:
                deeds.send(payee.username, 1, by=payer, now=clock.now())
            except (ConflictError, DatabaseUnavailableError, ServiceUnavailableError):  # come again
                continue

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(len(payers))]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()


@pytest.mark.long
@pytest.mark.scaled
def test_no_transaction_is_half_in_it(places: Places, server: Server, payers: list[Person]) -> None:
    paid = set()
    with paying(payers):
        for _ in range(BACKUPS):
            assert until(partial(has_more_than, server, transactions(server)))
            assert run("backup").status == 0
            assert faults(places, server) == []
            paid.add(len(stored(places.latest, "sbd_transactions")))

    assert len(paid) == BACKUPS  # people did pay meanwhile


def transactions(server: Server) -> int:
    return server.database["sbd_transactions"].count_documents({})


def has_more_than(server: Server, number: int) -> bool:
    return transactions(server) > number


def faults(places: Places, server: Server) -> list[str]:
    """Put the latest backup into a database, and let the checker look at it that knows nothing of ours."""
    server.client.drop_database(SCRATCH)
    scratch = server.client[SCRATCH]
    for name, part in manifest.verify(places.latest).collections.items():
        loading.load(places.latest, name, part, scratch, name)
    found = ledger_checker.faults(scratch)
    if total := sum(each["amount"] for each in scratch["sbd_entries"].find()):
        found.append(f"the entries of all accounts are {total}")
    server.client.drop_database(SCRATCH)
    return found


@pytest.mark.long
def test_the_look_at_the_dump_does_see_a_transaction_without_its_entries(
    places: Places, server: Server, payers: list[Person]
) -> None:
    deeds.send(payers[0].username, 1, by=payers[1], now=clock.now())
    run("backup")
    assert faults(places, server) == []
    server.database["sbd_entries"].delete_one({"kind": "send"})

    run("backup")

    assert faults(places, server) != []


def test_the_window_that_the_server_keeps_is_named_as_it_is_called(server: Server) -> None:
    kept = server.client.admin.command({"getParameter": 1, dumping.WINDOW: 1})

    assert kept[dumping.WINDOW] == 300
