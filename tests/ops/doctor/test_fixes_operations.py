"""fix:kill_op: one operation of the product is shown, ended and looked for again; all others are refused."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as default_connection
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from ops import origin
from ops.doctor.fixes import operations
from ops.mongo.collections import collection
from tests.database import audit
from tests.factories import Person
from tests.ops.doctor.fixed import noted, typed
from tests.waiting import until

connection: Any = default_connection
SLOW = {"username": "secret", "$where": "sleep(50) || true"}
NAME = "sbd-shell"


def running(**match: Any) -> list[dict[str, Any]]:
    asked = {"currentOp": 1, "command.find": "users", **match}
    found: list[dict[str, Any]] = connection.connection.admin.command(asked)["inprog"]
    return found


class Asking:
    """Somebody whose search takes minutes; ``ended``: how it ended."""

    def __init__(self) -> None:
        """Begin, and wait until the server is at it."""
        self.ended: list[object] = []
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        # At first it shows another search of its own, for functions that are stored there.
        assert until(lambda: bool(running(microsecs_running={"$gte": 500_000})))
        self.opid = str(running()[0]["opid"])

    def _ask(self) -> None:
        with origin.of("r-1", "GET /slow"):
            try:
                collection("users").find({"$where": "sleep(100) || false"}, limit=5)
                self.ended.append("answered")
            except OperationFailure as error:
                self.ended.append(error.code)

    def wait(self) -> None:
        """Wait until it has ended."""
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def asking() -> Iterator[Asking]:
    users = [{"_id": f"user_{each}", "username": f"u{each}", "email": f"{each}@x"} for each in range(600)]
    collection("users").insert(*users)
    asking = Asking()
    yield asking
    asking.wait()


def test_it_is_shown_ended_looked_for_again_and_noted(asking: Asking) -> None:
    dry = typed("kill_op", opid=asking.opid)
    assert (dry.status, len(running())) == (1, 1)
    (line,) = dry.lines
    assert line.startswith(f"end {asking.opid}: find users {{filter: {{$where: str}}")
    assert line.endswith(f"s, by {NAME}, GET /slow r-1")
    assert noted() == []

    done = typed("kill_op", apply=True, reason="it blocks", opid=asking.opid)

    assert done.lines[0].startswith(f"ended {asking.opid}: find users")
    asking.wait()
    assert asking.ended == [11601]
    (entry,) = audit("doctor.mended")
    assert entry["after"] == {
        "opid": int(asking.opid),
        "app": NAME,
        "operation": "find",
        "collection": f"{connection.settings_dict['NAME']}.users",
    }
    assert entry["private"]["reason"] == "it blocks"
    assert typed("kill_op", apply=True, opid=asking.opid) == (0, [], None)
    assert len(audit()) == 1


def test_what_does_not_end_is_told(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = running()[0]
    monkeypatch.setattr(operations, "SECONDS", 0.2)
    monkeypatch.setattr(operations, "_current", lambda _opid, *, everybodys: kept if everybodys else None)

    done = typed("kill_op", apply=True, opid=asking.opid)

    assert done.lines[0].startswith("told to end, and not gone yet: ")
    assert done.lines[1] == f"look again: doctor --fix kill_op --opid {asking.opid}"


def test_a_login_that_sees_only_its_own_sees_the_products(monkeypatch: pytest.MonkeyPatch) -> None:
    own = _operation()

    def current(_opid: int, *, everybodys: bool) -> dict[str, Any]:
        if everybodys:
            raise OperationFailure("not authorized", 13)
        return own

    monkeypatch.setattr(operations, "_current", current)

    assert typed("kill_op", opid="7").lines[0].startswith("end 7: find users")


def test_a_number_of_no_operation_is_nothing_to_mend_and_no_number_is_refused() -> None:
    assert typed("kill_op", apply=True, opid="999999999") == (0, [], None)
    assert typed("kill_op", opid="shard:7").refused == (
        "--opid is a number, as doctor and db.currentOp() show it."
    )


def _operation(**changed: Any) -> dict[str, Any]:
    usual = {
        "opid": 7,
        "op": "query",
        "client": "127.0.0.1:1",
        "connectionId": 1,
        "appName": "sbd-web",
        "ns": f"{connection.settings_dict['NAME']}.users",
        "command": {"find": "users", "filter": {"username": "secret"}, "comment": "GET /x r"},
        "microsecs_running": 6_500_000,
    }
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


OWN, OURS = "it is an operation of MongoDB's own", "it is none of the product's own"
NO_SEARCH = "it is no search, and no change of documents"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"client": None, "connectionId": None, "appName": None, "desc": "IndexBuildsCoordinator"}, OWN),
        ({"client": None, "connectionId": None, "desc": "ReplWriterWorker", "op": "none"}, OWN),
        ({"appName": "sbd-backup"}, OURS),
        ({"appName": "sbd-doctor"}, OURS),
        ({"appName": "mongosh 2.1"}, OURS),
        ({"appName": None}, OURS),
        ({"op": "command", "command": {"createIndexes": "users"}}, NO_SEARCH),
        ({"op": "command", "command": {"commitTransaction": 1}}, NO_SEARCH),
        ({"op": "command", "command": {"hello": 1}}, NO_SEARCH),
        ({"op": "command", "command": {"$truncated": "{ createIndexes: 'users', …"}}, NO_SEARCH),
        ({"op": "none", "command": {}}, NO_SEARCH),
        ({"ns": "local.oplog.rs"}, "it is on another database than the product's"),
        ({"ns": "config.transactions"}, "it is on another database than the product's"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else "",
)
def test_what_is_internal_or_somebody_elses_is_refused(
    changed: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_operation", lambda _opid: _operation(**changed))

    for apply in (False, True):
        said = typed("kill_op", apply=apply, opid="7")
        assert (said.status, said.lines) == (1, [])
        assert (said.refused or "").startswith(f"Not ended: {why} (7: ")
    assert noted() == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "find"),
        ({"op": "getmore"}, "getMore"),
        ({"op": "update", "command": {"q": {}, "u": {}}}, "update"),
        ({"op": "remove", "command": {"q": {}}}, "delete"),
        ({"op": "command", "command": {"aggregate": "users", "pipeline": []}}, "aggregate"),
        ({"op": "command", "command": {"$truncated": "{ aggregate: 'users', …"}}, "aggregate"),
        ({"ns": f"{settings.CONTROL_DATABASE_NAME}.heartbeats"}, "find"),
    ],
    ids=["find", "getMore", "update", "delete", "aggregate", "a long one", "in the control database"],
)
def test_searches_and_changes_of_the_products_are_named_without_a_value(
    changed: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_operation", lambda _opid: _operation(**changed))

    (line,) = typed("kill_op", opid="7").lines

    assert line.startswith(f"end 7: {name} ")
    assert "for 6.5 s, by sbd-web" in line
    assert "secret" not in line


def test_a_client_that_is_not_ours_is_left_alone_though_it_asks_for_the_same(person: Person) -> None:
    assert person.id
    with MongoClient[Any](settings.MONGODB_URI, appname="somebody") as client:
        users = client[connection.settings_dict["NAME"]]["users"]
        thread = threading.Thread(target=lambda: list(users.find({"$where": "sleep(1000) || true"}, limit=1)))
        thread.start()
        try:
            assert until(lambda: bool(running(appName="somebody")))
            (found,) = running(appName="somebody")
            said = typed("kill_op", apply=True, opid=str(found["opid"]))
        finally:
            thread.join(60)

    assert (said.refused or "").startswith(f"Not ended: {OURS} ({found['opid']}: find users")
