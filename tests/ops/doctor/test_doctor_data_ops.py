"""What doctor says of operations that take long in MongoDB, and of one that reads or writes too slowly."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from ops.doctor.check import Result
from ops.doctor.checks import mongo, slow_ops
from ops.doctor.whereabouts import Whereabouts
from tests.faults.conftest import until


def operation(**changed: Any) -> dict[str, Any]:
    command = {"find": "families", "filter": {}, "comment": "GET /family/my-families 3f0c"}
    usual = {"opid": 7, "appName": "sbd-web", "op": "query", "ns": "db.families", "secs_running": 12}
    return {**usual, "command": command, **changed}


def test_an_operation_of_ours_is_told_with_its_route_and_request() -> None:
    found = slow_ops.judged(slow_ops.slow([operation()]))

    assert found.result == Result.DEGRADED
    assert found.evidence == ("opid 7: find on db.families for 12 s, by GET /family/my-families 3f0c",)
    assert found.remedy == ".venv/bin/python manage.py doctor --fix kill_op --opid 7"


def test_of_many_the_slowest_are_told() -> None:
    found = slow_ops.judged(
        slow_ops.slow([operation(opid=number, secs_running=number) for number in range(5, 11)])
    )

    assert [each.partition(":")[0] for each in found.evidence] == [
        "opid 10",
        "opid 9",
        "opid 8",
        "and 3 more",
    ]


def test_a_later_part_of_an_answer_is_told_by_what_was_asked_first() -> None:
    begun = {"aggregate": "sbd_entries", "pipeline": [], "comment": "families.allowances.pay 9a"}
    later = operation(command={"getMore": 5}, cursor={"originatingCommand": begun})

    (found,) = slow_ops.slow([later])

    assert (found.what, found.said) == ("aggregate on db.families", "families.allowances.pay 9a")


@pytest.mark.parametrize(
    "changed",
    [
        {"appName": "MongoDB Shell"},
        {"appName": "sbd-backup"},
        {"secs_running": 4},
        {"command": {"createIndexes": "families"}},
        {"command": {"hello": 1}},
        {"command": {"find": "families", "comment": "manage.py doctor"}},
        {"cursor": {"originatingCommand": {"aggregate": "x", "pipeline": [{"$changeStream": {}}]}}},
    ],
    ids=["another's", "a backup", "quick", "an index", "waiting for news", "doctor", "a stream"],
)
def test_what_may_take_its_time_is_not_told(changed: dict[str, Any]) -> None:
    assert slow_ops.slow([operation(**changed)]) == []


@contextmanager
def sleeping(milliseconds: int) -> Iterator[None]:
    """Let the server work for one of ours for a while."""
    with MongoClient[dict[str, Any]](settings.MONGODB_URI, appname="sbd-web") as client:
        pets = client["slow"]["pets"]
        pets.insert_one({})

        def find() -> None:
            with contextlib.suppress(PyMongoError):  # it is killed
                pets.find_one({"$where": f"sleep({milliseconds}) || true"}, comment="GET /pets 1")

        thread = threading.Thread(target=find)
        thread.start()
        try:
            yield
        finally:
            for each in client.admin.command("currentOp", ns="slow.pets")["inprog"]:
                client.admin.command("killOp", op=each["opid"])
            thread.join()
            client.drop_database("slow")


def test_a_real_one_is_found_and_can_be_killed_by_its_number(
    where: Whereabouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_ops, "LONG_SECONDS", 1)
    monkeypatch.setitem(slow_ops.ASKED, "secs_running", {"$gte": 1})
    with sleeping(20_000):
        until(lambda: slow_ops.look(where).result == Result.DEGRADED)
        found = slow_ops.look(where)

    assert found.evidence[0].endswith(" s, by GET /pets 1")
    assert slow_ops.look(where).result == Result.OK


def test_a_server_that_somebody_locked_is_told(where: Whereabouts, admin: Any) -> None:
    admin.command({"fsync": 1, "lock": True})
    try:
        found, cause = slow_ops.look(where), mongo.look(where)
    finally:
        admin.command("fsyncUnlock")

    assert (found.result, found.evidence) == (Result.FAILED, ("MongoDB lets nobody write: fsyncLock",))
    assert found.due_to == ("mongo",)
    assert cause.result == Result.FAILED
    assert cause.evidence[0].startswith("MongoDB lets nobody write: fsyncLock; ")
    assert cause.remedy == 'mongosh --quiet --eval "db.adminCommand({fsyncUnlock: 1})"'
    assert (slow_ops.look(where).result, mongo.look(where).result) == (Result.OK, Result.OK)


# A read and a write --------------------------------------------------------------------------------


@contextmanager
def failing(admin: Any, *commands: str, **how: Any) -> Iterator[None]:
    """Let these commands of doctor's fail, or hang."""
    data = {"failCommands": list(commands), "appName": "sbd-doctor", **how}
    admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def test_a_write_that_the_disk_has_no_room_for(where: Whereabouts, admin: Any) -> None:
    with failing(admin, "delete", errorCode=14031):
        found = mongo.look(where)

    assert (found.result, found.cause, found.due_to) == (Result.FAILED, "its disk is full", ("disk",))
    assert found.evidence[0].startswith("MongoDB refuses a write: OutOfDiskSpace; ")


@pytest.mark.parametrize(
    ("command", "milliseconds", "told"),
    [
        ("find", 300, (Result.DEGRADED, "a read takes 3")),
        ("find", 900, (Result.FAILED, "a read has no answer within 0.6 s; ")),
        ("delete", 900, (Result.FAILED, "a write is not confirmed within 0.4 s; ")),
    ],
)
def test_one_that_is_slow(
    where: Whereabouts, admin: Any, command: str, milliseconds: int, told: tuple[Result, str]
) -> None:
    with failing(admin, command, blockConnection=True, blockTimeMS=milliseconds):
        found = mongo.look(where)

    assert found.result == told[0]
    assert found.evidence[0].startswith(told[1])
    assert found.due_to == ("disk", "memory", "saturation")
