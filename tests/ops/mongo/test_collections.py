"""Collections bound to the unit of work that is open when they are used."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from ops.mongo.collections import collection, control_collection
from ops.mongo.unit_of_work import unit_of_work
from tests.ops.mongo.pots import Pot, Server, assert_clean, new_pot


@pytest.fixture(autouse=True)
def _control_emptied(server: Server) -> None:
    server.client[settings.CONTROL_DATABASE_NAME]["tests"].drop()


def everything() -> None:
    """Write in each way there is."""
    pots = collection("pots")
    pots.insert({"_id": "one", "owner": "one", "balance": 1})
    pots.insert({"_id": "two", "owner": "two", "balance": 2}, {"_id": "six", "owner": "six", "balance": 6})
    assert pots.update({"_id": "one"}, {"$set": {"balance": 10}}) is True
    assert pots.update({"_id": "none"}, {"$set": {"balance": 10}}) is False
    assert pots.update({"_id": "new"}, {"$set": {"owner": "new", "balance": 3}}, upsert=True) is True
    assert pots.update_all({"balance": {"$lt": 5}}, {"$inc": {"balance": 20}}) == 2
    after = pots.find_and_update({"_id": "one"}, [{"$set": {"balance": {"$add": ["$balance", 1]}}}])
    before = pots.find_and_update(
        {"_id": "one"}, {"$inc": {"balance": 1}}, fields={"balance": 1}, before=True
    )
    assert after is not None
    assert after["balance"] == 11
    assert before == {"_id": "one", "balance": 11}
    assert pots.find_and_update({"_id": "none"}, {"$inc": {"balance": 1}}) is None
    assert pots.delete({"_id": {"$in": ["six", "none"]}}) == 1


END = {"new": 23, "one": 12, "two": 22}


def test_each_way_to_write_works_without_a_unit(server: Server) -> None:
    everything()

    assert server.balances() == END


def test_each_way_to_write_and_read_is_part_of_the_unit(server: Server) -> None:
    @unit_of_work()
    def unit(*, fail: bool) -> None:
        everything()
        pots = collection("pots")
        assert (pots.find_one({"_id": "two"}, {"balance": 1}) or {})["balance"] == 22
        found = pots.find({}, {"balance": 1}, sort=[("balance", -1)], limit=2)
        assert found == [{"_id": "new", "balance": 23}, {"_id": "two", "balance": 22}]
        grouped = pots.aggregate([{"$group": {"_id": None, "all": {"$sum": "$balance"}}}])
        assert grouped == [{"_id": None, "all": 57}]
        assert server.balances() == {}
        if fail:
            raise LookupError

    with pytest.raises(LookupError):
        unit(fail=True)
    assert server.balances() == {}
    assert_clean(server)

    unit(fail=False)
    assert server.balances() == END


def test_a_collection_that_was_kept_joins_the_unit_of_its_use(server: Server) -> None:
    new_pot("a", 100)
    kept = [collection("pots")]

    @unit_of_work()
    def unit() -> None:
        kept[0].update({"_id": "a"}, {"$inc": {"balance": 1}})
        kept.append(collection("pots"))
        raise LookupError

    with pytest.raises(LookupError):
        unit()
    assert server.balances() == {"a": 100}

    kept[1].update({"_id": "a"}, {"$inc": {"balance": 5}})
    assert server.balances() == {"a": 105}


def test_the_control_database_is_never_part_of_a_unit(server: Server) -> None:
    @unit_of_work()
    def unit() -> None:
        control_collection("tests").insert({"_id": 1})
        raise LookupError

    with pytest.raises(LookupError):
        unit()

    control = server.client[settings.CONTROL_DATABASE_NAME]["tests"]
    assert list(control.find()) == [{"_id": 1}]
    control.drop()


def test_times_are_read_in_utc() -> None:
    moment = datetime(2030, 5, 1, 12, tzinfo=UTC)
    Pot.objects.create(id="a", owner="a", made_at=moment)

    found = collection("pots").find_one({"_id": "a"})

    assert found is not None
    assert found["made_at"] == moment
    assert found["made_at"].tzinfo is UTC
