"""Pots of tokens: the smallest documents that something can be lost from."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pymongo
from django.db import connections, models
from django.db.models import F

from ops.mongo.breaker import breaker
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import on_commit, unit_of_work

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


class Pot(models.Model):
    """A pot; belongs to no app, so the tests make its collection themselves."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=40)
    owner = models.CharField(max_length=40, unique=True)
    nickname = models.CharField(max_length=40, unique=True, null=True)  # noqa: DJ001  # null: has none
    shelf = models.CharField(max_length=40, default="top")
    balance = models.IntegerField(default=0)
    made_at = models.DateTimeField(default=NOON)

    objects: ClassVar[models.Manager["Pot"]] = models.Manager()

    class Meta:
        """In no app that is installed."""

        app_label = "pots"
        db_table = "pots"
        indexes = (models.Index(fields=["-made_at", "id"], name="newest"),)
        constraints = (models.UniqueConstraint(fields=["shelf", "owner"], name="one_a_shelf"),)

    def __str__(self) -> str:
        """Return whose it is."""
        return str(self.owner)


def new_pot(name: str, balance: int = 0, *, minutes: int = 0) -> Pot:
    """Make a pot of that id and owner, outside of any unit."""
    return Pot.objects.create(id=name, owner=name, balance=balance, made_at=NOON + timedelta(minutes=minutes))


def add_by_orm(name: str, amount: int) -> None:
    """Change a balance in the way of the ORM."""
    Pot.objects.filter(pk=name).update(balance=F("balance") + amount)


def add_by_driver(name: str, amount: int) -> None:
    """Change a balance in the way of the driver."""
    collection("pots").update({"_id": name}, {"$inc": {"balance": amount}})


Add = Callable[[str, int], None]


@dataclass
class Move:
    """A unit that moves 10 from ``a`` to ``b``, and counts its runs and effects."""

    add: Add
    seconds: float = 3.0
    runs: int = 0
    effects: list[int] = field(default_factory=list)

    def __call__(self) -> str:
        """Run it as a unit of work."""
        return unit_of_work(seconds=self.seconds)(self.body)()

    def body(self) -> str:
        """Take here, give there."""
        self.runs += 1
        run = self.runs
        on_commit(lambda: self.effects.append(run))
        self.add("a", -10)
        self.add("b", 10)
        return f"run {run}"


class Server:
    """The server, seen through a client that no fail point touches."""

    def __init__(self) -> None:
        """Connect past the product's own client."""
        self.client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(os.environ["MONGODB_URI"])
        self.pots = self.client[str(connections["default"].settings_dict["NAME"])]["pots"]

    def balances(self) -> dict[str, int]:
        """Return what is committed, by pot."""
        return {pot["_id"]: pot["balance"] for pot in self.pots.find().sort("_id")}

    def write(self, name: str, balance: int) -> None:
        """Set a balance; fails if somebody's transaction still holds the pot."""
        with pymongo.timeout(1.0):
            self.pots.update_one({"_id": name}, {"$set": {"balance": balance}})

    def wait_for(self, name: str, *, seconds: float = 10.0) -> None:
        """Wait until no transaction holds the pot; an error of the driver if that takes longer."""
        with pymongo.timeout(seconds):
            self.pots.update_one({"_id": name}, {"$inc": {"touched": 1}})

    def transactions(self) -> list[dict[str, Any]]:
        """Return the server's description of each transaction that is open, on whatever session."""
        stages: list[dict[str, Any]] = [
            {"$currentOp": {"allUsers": True, "idleSessions": True}},
            {"$match": {"transaction": {"$exists": True}}},
        ]
        return [found["transaction"] for found in self.client.admin.aggregate(stages)]

    def settle(self) -> None:
        """Wait until no transaction is open; less long than the server's own limit of 5 s for them."""
        ends_at = time.monotonic() + 4.0
        while self.transactions() and time.monotonic() < ends_at:
            time.sleep(0.02)

    def fail(self, *commands: str, times: int | None = None, **how: Any) -> None:
        """Let the product's next commands of these names fail; without ``times`` until ``mend``."""
        mode: Any = "alwaysOn" if times is None else {"times": times}
        data = {"failCommands": list(commands), "appName": "sbd-shell", **how}
        self.client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": data})

    def mend(self) -> None:
        """Let nothing fail any more, and wait until the product knows."""
        self.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        while breaker.fault() is not None:
            time.sleep(0.01)


def assert_clean(server: Server) -> None:
    """Nothing of a unit is left: not on this thread, not on the server; the next write passes at once."""
    connection: Any = connections["default"]
    assert connection.session is None
    assert connection.in_atomic_block_mongo is False
    assert connection.run_on_commit == []
    assert connection.doomed_by is None
    server.settle()
    assert server.transactions() == []
    before = server.balances()
    for name in before:
        server.write(name, 77)
        server.write(name, before[name])
