"""Paying while the database fails and processes die: nothing is lost, nothing is done twice.

``make soak`` tries a thousand faults and kills a hundred processes. Source: HTTP contract, sections 18 (rule
2) and 19 (retrying).
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import connection

from tests.database import documents
from tests.factories import Person, new_person
from tests.faults.payers import Payers
from tests.ops.mongo.pots import Server
from tests.scale import SOAK
from tests.tokens import deeds, ledger_checker
from tests.tokens.funds import account_of, issue

TRIALS = 1000 if SOAK else 24
KILLS = 100 if SOAK else 2
CHECKED_EACH = 20
TOKENS = 100_000
TRANSIENT = ["TransientTransactionError"]
COMMANDS = ("find", "update", "insert", "commitTransaction")
# How a command fails, as the server tells it, or does not.
WAYS: tuple[dict[str, Any], ...] = (
    {"errorCode": 112, "errorLabels": TRANSIENT},
    {"errorCode": 251, "errorLabels": TRANSIENT},
    {"errorCode": 10107},
    {"errorCode": 11602},
    {"closeConnection": True},
    {"writeConcernError": {"code": 91, "errmsg": "shutdown"}},
)


@pytest.fixture
def server() -> Iterator[Server]:
    """The server; whatever was made to fail is well again afterwards."""
    server = Server()
    try:
        yield server
    finally:
        server.mend()
        server.settle()
        server.client.close()


@pytest.fixture
def pair() -> list[Person]:
    """Two people with tokens."""
    found = [new_person(), new_person()]
    for each in found:
        issue(account_of(each)["_id"], TOKENS)
    return found


def test_whatever_fails_an_intent_is_one_transaction(server: Server, pair: list[Person]) -> None:
    """Each time another command fails in another way, once or often; the caller repeats under the key."""
    random = Random(11)  # noqa: S311  # which faults these are is no secret
    outcomes: Counter[str] = Counter()
    told: set[str] = set()

    for number in range(TRIALS):
        by, to = random.sample(pair, 2)
        _break(server, random)
        send = partial(deeds.send, to.username, random.randint(1, 9), by=by)
        answer = deeds.insist(f"intent-{number}", send, by=by, outcomes=outcomes)
        server.mend()
        assert answer is not None
        told.add(answer.decode())
        if number % CHECKED_EACH == 0:
            assert ledger_checker.faults() == []

    print(f"\nfaults: {TRIALS} payments, {dict(outcomes)}")  # noqa: T201  # figures to read
    assert len(told) == TRIALS
    assert ledger_checker.faults() == []
    assert ledger_checker.total() == 2 * TOKENS
    sends = [
        each["_id"] for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "send"
    ]
    assert sorted(sends) == sorted(told)


def _break(server: Server, random: Random) -> None:
    """Let a command fail, the next times or now and then."""
    how = random.choice(WAYS)
    command = "commitTransaction" if "writeConcernError" in how else random.choice(COMMANDS)
    mode = random.choice([{"times": 1}, {"times": 2}, {"activationProbability": 0.3}])
    data = {"failCommands": [command], "appName": "sbd-shell", **how}
    server.client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})


@pytest.mark.long
@pytest.mark.scaled
def test_processes_that_are_killed_while_they_pay_lose_and_double_nothing(server: Server) -> None:
    """Whoever comes after begins with the intents that nobody was told the end of."""
    payers = Payers(dict(os.environ), str(connection.settings_dict["NAME"]))
    random, began = Random(13), time.monotonic()  # noqa: S311  # when they are killed is no secret
    payers.prepare()

    for _ in range(KILLS):
        payers.start()
        payers.wait_for(more=random.randint(1, 25))
        time.sleep(random.uniform(0, 0.02))
        payers.kill()
        assert ledger_checker.faults() == []
    payers.start()
    payers.wait_for(more=payers.lines)
    payers.kill()

    server.settle()
    assert ledger_checker.faults() == []
    assert ledger_checker.total() == payers.tokens
    found = {each["_id"] for each in _sends()}
    # Of each line at most one was paid, and nobody told of it any more.
    assert len(payers.told) <= len(found) <= len(payers.told) + payers.lines
    assert len(set(payers.told.values())) == len(payers.told)
    assert set(payers.told.values()) <= found
    print(  # noqa: T201  # figures to read
        f"\npayers: {KILLS} killed, {len(payers.told)} payments told, {len(found)} made; "
        f"{time.monotonic() - began:.0f} s"
    )


def _sends() -> list[dict[str, Any]]:
    return [each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "send"]
