"""What real errors of the driver mean."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pymongo
import pytest
from django.db import DatabaseError
from pymongo import errors
from pymongo.write_concern import WriteConcern

from ops.mongo import faults
from ops.mongo.collections import collection
from tests.ops.mongo.pots import Pot, Server, add_by_driver, add_by_orm, new_pot


def raised_by(act: Callable[[], object]) -> BaseException:
    """Return what it raises."""
    with pytest.raises((errors.PyMongoError, DatabaseError)) as raised:
        act()
    return raised.value


def verdict(error: BaseException) -> tuple[bool, bool, bool]:
    """Return whether it is transient, says that the database is away, and tells of a time-out."""
    return faults.is_transient(error), faults.is_unavailable(error), faults.is_timeout(error)


def test_a_write_conflict_is_transient_and_nothing_else(server: Server) -> None:
    new_pot("a", 1)
    change = {"$inc": {"balance": 1}}
    with server.client.start_session() as first, server.client.start_session() as second:
        first.start_transaction()
        second.start_transaction()
        server.pots.update_one({"_id": "a"}, change, session=first)
        error = raised_by(lambda: server.pots.update_one({"_id": "a"}, change, session=second))

    assert getattr(error, "code", None) == 112
    assert verdict(error) == (True, False, False)


def test_a_duplicate_key_is_none_of_these() -> None:
    new_pot("a")

    assert verdict(raised_by(lambda: new_pot("a"))) == (False, False, False)
    assert verdict(raised_by(lambda: collection("pots").insert({"_id": "a"}))) == (False, False, False)


@pytest.mark.parametrize("code", [91, 189, 10107, 11600, 11602, 13435, 13436])
def test_a_primary_that_is_no_more_is_away(server: Server, code: int) -> None:
    new_pot("a")
    server.fail("update", errorCode=code)

    assert verdict(raised_by(lambda: add_by_driver("a", 1))) == (False, True, False)


def test_a_closed_connection_is_away_also_behind_the_orm(server: Server) -> None:
    new_pot("a")
    server.fail("update", closeConnection=True)

    error = raised_by(lambda: add_by_orm("a", 1))

    assert isinstance(error, DatabaseError)
    assert verdict(error) == (False, True, False)


def test_a_majority_that_does_not_confirm_is_away(server: Server) -> None:
    concern = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}
    server.fail("insert", times=1, writeConcernError=concern)

    error = raised_by(lambda: collection("pots").insert({"_id": "a", "owner": "a"}))

    assert isinstance(error, errors.WTimeoutError)
    assert verdict(error) == (False, True, True)


def test_an_answer_that_comes_too_late_is_a_time_out(server: Server) -> None:
    new_pot("a")
    server.fail("update", times=1, blockConnection=True, blockTimeMS=600)

    with pymongo.timeout(0.2):
        error = raised_by(lambda: add_by_driver("a", 1))

    assert verdict(error) == (False, True, True)
    server.wait_for("a")


def test_what_the_server_stopped_for_its_length_is_a_time_out(server: Server) -> None:
    new_pot("a")
    server.fail("aggregate", errorCode=50)

    assert verdict(raised_by(lambda: list(Pot.objects.all()))) == (False, True, True)


def test_nobody_at_the_address_is_away_and_a_time_out() -> None:
    with pymongo.MongoClient[dict[str, Any]]("127.0.0.1", 1, serverSelectionTimeoutMS=50) as client:
        error = raised_by(lambda: client.admin.command("ping"))

    assert isinstance(error, errors.ServerSelectionTimeoutError)
    assert verdict(error) == (False, True, True)


def test_no_free_connection_in_time_is_away_and_a_time_out(server: Server) -> None:
    new_pot("a")
    uri = os.environ["MONGODB_URI"]
    with pymongo.MongoClient[dict[str, Any]](uri, maxPoolSize=1, waitQueueTimeoutMS=50) as client:
        pots = client[server.pots.database.name]["pots"]
        begun = threading.Event()

        def occupy() -> None:
            begun.set()
            pots.find_one({"$where": "sleep(1000) || true"})

        thread = threading.Thread(target=occupy)
        pots.find_one({})
        thread.start()
        begun.wait()
        error = raised_by(lambda: [pots.find_one({}) for _ in range(100)])
        thread.join()

    assert isinstance(error, errors.WaitQueueTimeoutError)
    assert verdict(error) == (False, True, True)


def test_a_cause_counts_and_what_was_handled_before_does_not() -> None:
    lost = errors.OperationFailure("lost", 112, {"errorLabels": [faults.TRANSIENT]})
    away = errors.AutoReconnect("away")
    raised = LookupError()
    raised.__cause__ = lost
    lost.__context__ = away

    assert verdict(raised) == (True, True, False)
    assert faults.is_unavailable(raised, handled=away) is False
    assert faults.is_transient(raised, handled=away) is True
    assert faults.is_transient(raised, handled=lost) is False
    assert faults.is_timeout(raised, handled=raised) is False


def test_causes_in_a_circle_end() -> None:
    one, other = LookupError(), LookupError()
    one.__context__, other.__context__ = other, one

    assert verdict(one) == (False, False, False)


def test_a_write_that_a_write_concern_cannot_meet_is_away(server: Server) -> None:
    """The one member of the tests' set can never be two."""
    unmet = server.pots.with_options(write_concern=WriteConcern(w=2, wtimeout=50))

    assert verdict(raised_by(lambda: unmet.insert_one({"_id": "a"})))[1] is True
