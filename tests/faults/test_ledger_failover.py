"""Paying while the primary of a replica set is killed. Source: HTTP contract, sections 18 (rule 2) and 19."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from pymongo import MongoClient

from ops.embedded.layout import Layout
from tests.faults.conftest import environment_of, migrate, until, var_directory
from tests.faults.payers import Payers
from tests.faults.replica_set import SECONDARY, ReplicaSet, replica_set
from tests.tokens import ledger_checker

# Payments that are told before the primary goes, and after the next one is there.
BEFORE, AFTER = 30, 40


@pytest.fixture
def var() -> Iterator[Path]:
    with var_directory() as directory:
        yield directory


@pytest.fixture
def mongodb(var: Path) -> Iterator[ReplicaSet]:
    layout = Layout(var)
    layout.prepare()
    with replica_set(layout.mongodb) as found:
        yield found


@pytest.mark.long
def test_no_payment_is_lost_or_doubled_when_the_primary_is_killed(var: Path, mongodb: ReplicaSet) -> None:
    environment = environment_of(var, MONGODB_URI=mongodb.uri)
    migrate(environment)
    payers = Payers(environment, settings.MONGODB_NAME)
    payers.prepare()
    old = mongodb.primary()
    assert old is not None

    with payers.paying():
        payers.wait_for(more=BEFORE)
        old.kill()
        until(lambda: mongodb.new_primary(old))
        payers.wait_for(more=AFTER)
        old.start()  # and undoes what no other member had
        until(lambda: old.state() == SECONDARY)
        payers.wait_for(more=AFTER)

    print(  # noqa: T201  # figures to read
        f"\nprimary killed under paying load: longest stall {payers.longest_stall():.2f} s, "
        f"{len(payers.told)} payments told"
    )
    client: MongoClient[ledger_checker.Document] = MongoClient(mongodb.uri, readConcernLevel="majority")
    with contextlib.closing(client):
        database = client[settings.MONGODB_NAME]
        assert ledger_checker.faults(database) == []
        assert ledger_checker.total(database) == payers.tokens
        found = {each["_id"] for each in database["sbd_transactions"].find({"kind": "send"})}
    assert set(payers.told.values()) <= found
    assert len(found) <= len(payers.told) + payers.lines
    assert len(set(payers.told.values())) == len(payers.told)
