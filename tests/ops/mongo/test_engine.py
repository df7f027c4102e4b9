"""What is mended in the database engine, each seen in the server's own words."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connections
from django.db.models import F, IntegerField, QuerySet, Value
from django_mongodb_backend import transaction as mongo_transaction
from pymongo.errors import OperationFailure, PyMongoError

from tests import commands
from tests.ops.mongo.pots import NOON, Move, Pot, Server, add_by_orm, assert_clean, new_pot

UNBOUNDED = {"COLLSCAN", "SORT"}
# Parts of an explanation that do not tell what will be done.
IDLE = {"command", "rejectedPlans"}


def stages(queryset: QuerySet[Any]) -> set[str]:
    """Return the names of the stages that the server's plan for the query has."""
    return set(_stages(json.loads(queryset.explain())))


def _stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        # A sort in the pipeline, after the plan, has no name of its own.
        if "$sort" in plan:
            yield "SORT"
        for name, part in plan.items():
            if name not in IDLE:
                yield from _stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _stages(part)


@pytest.fixture
def shelf() -> list[Pot]:
    """Twelve pots, made a minute after each other."""
    return [new_pot(f"pot-{number:02}", number % 5, minutes=number) for number in range(12)]


def test_a_document_is_found_by_its_key_without_a_search() -> None:
    new_pot("a")

    assert "IDHACK" in stages(Pot.objects.filter(pk="a"))
    assert UNBOUNDED.isdisjoint(stages(Pot.objects.filter(pk__in=["a", "b"])))


@pytest.mark.usefixtures("shelf")
def test_what_lies_in_a_period_is_counted_by_the_index_alone() -> None:
    period = {"made_at__gte": NOON + timedelta(minutes=2), "made_at__lte": NOON + timedelta(minutes=6)}

    with commands.recorded() as heard:
        assert Pot.objects.filter(**period).count() == 5

    assert [commands.stages(each) & {"COUNT_SCAN", "FETCH"} for each in heard] == [{"COUNT_SCAN"}]


def test_null_is_less_than_nothing(server: Server) -> None:
    new_pot("a", 1)
    new_pot("b", -1)
    server.pots.update_one({"_id": "b"}, {"$set": {"balance": None}})

    for less in ({"balance__lt": 5}, {"balance__lte": 5}):
        assert [each.pk for each in Pot.objects.filter(**less)] == ["a"]
        assert [each.pk for each in Pot.objects.exclude(**less)] == ["b"]


def test_a_unique_field_is_found_by_its_index(server: Server) -> None:
    new_pot("a")

    found = stages(Pot.objects.filter(owner="a"))

    assert "IXSCAN" in found
    assert UNBOUNDED.isdisjoint(found)
    [index] = [each for each in server.pots.list_indexes() if list(each["key"]) == ["owner"]]
    assert index["unique"] is True
    assert "partialFilterExpression" not in index


def test_a_unique_field_admits_nothing_twice() -> None:
    new_pot("a")

    with pytest.raises(IntegrityError):
        Pot.objects.create(id="b", owner="a")


def test_a_unique_field_that_may_be_empty_admits_many_empty_ones(server: Server) -> None:
    new_pot("a")
    new_pot("b")
    Pot.objects.create(id="c", owner="c", nickname="nick")

    with pytest.raises(IntegrityError):
        Pot.objects.create(id="d", owner="d", nickname="nick")

    [index] = [each for each in server.pots.list_indexes() if list(each["key"]) == ["nickname"]]
    assert index["partialFilterExpression"] == {"nickname": {"$type": "string"}}


def test_a_unique_constraint_over_fields_is_plain_as_well(server: Server) -> None:
    [index] = [each for each in server.pots.list_indexes() if each["name"] == "one_a_shelf"]

    assert index["unique"] is True
    assert "partialFilterExpression" not in index
    assert "IXSCAN" in stages(Pot.objects.filter(shelf="top", owner="a"))


def test_djangos_own_collections_have_plain_unique_indexes() -> None:
    Group.objects.create(name="operators")
    assert "IXSCAN" in stages(Group.objects.filter(name="operators"))
    kind = Permission.objects.values_list("content_type_id", flat=True)[0]
    found = stages(Permission.objects.filter(content_type_id=kind, codename="add_user"))
    assert "IXSCAN" in found
    assert "COLLSCAN" not in found


@pytest.mark.usefixtures("shelf")
def test_an_ordered_list_is_read_along_the_index() -> None:
    newest_first = Pot.objects.order_by("-made_at", "id")

    for query in (
        newest_first,
        newest_first[:3],
        newest_first[3:6],
        newest_first.filter(made_at__lt=NOON)[:3],
        newest_first.only("balance", "made_at")[:3],
        newest_first.values_list("id", "made_at")[:3],
        newest_first.reverse()[:3],
    ):
        found = stages(query)
        assert "IXSCAN" in found
        assert UNBOUNDED.isdisjoint(found)


def test_the_order_is_right_whatever_is_asked_for(shelf: list[Pot]) -> None:
    newest = [pot.id for pot in reversed(shelf)]
    by_balance = [pot.id for pot in sorted(shelf, key=lambda pot: (-pot.balance, pot.id))]
    pots = Pot.objects.order_by("-made_at")

    assert [pot.id for pot in pots] == newest
    assert [pot.id for pot in pots[2:5]] == newest[2:5]
    assert list(pots.values_list("id", flat=True)[:4]) == newest[:4]
    assert [pot.id for pot in pots.only("owner")[:4]] == newest[:4]
    assert [pot.id for pot in pots.defer("made_at")[:4]] == newest[:4]
    assert list(Pot.objects.order_by("-balance", "id").values_list("id", flat=True)) == by_balance
    assert [pot.id for pot in Pot.objects.order_by(F("balance").desc(), "pk")] == by_balance
    assert [pot.id for pot in Pot.objects.order_by(F("balance") * -1, "pk")] == by_balance
    assert [pot.made_at for pot in pots[:2]] == [NOON + timedelta(minutes=minute) for minute in (11, 10)]


@pytest.mark.usefixtures("shelf")
def test_what_is_reckoned_is_not_lost_by_the_order() -> None:
    doubled = Pot.objects.annotate(double=F("balance") * 2).order_by("-double", "id")
    fixed = Pot.objects.annotate(one=Value(1, output_field=IntegerField())).order_by("-made_at")

    assert list(doubled.values_list("id", "double")[:3]) == [("pot-04", 8), ("pot-09", 8), ("pot-03", 6)]
    assert list(fixed.values_list("id", "one", "balance")[:1]) == [("pot-11", 1, 1)]
    assert list(Pot.objects.order_by("-balance").values_list("balance", flat=True).distinct()) == [
        4,
        3,
        2,
        1,
        0,
    ]
    both = Pot.objects.filter(balance=4).union(Pot.objects.filter(balance=3)).order_by("-id")
    assert [pot.id for pot in both] == ["pot-09", "pot-08", "pot-04", "pot-03"]


def test_a_failed_commit_leaves_the_thread_able_to_write(move: Move, server: Server) -> None:
    """Django's block for MongoDB, which is not the unit of work; third parties may use it."""
    server.fail("commitTransaction", errorCode=112, errorLabels=["TransientTransactionError"])

    def change() -> None:
        with mongo_transaction.atomic():
            move.body()

    with pytest.raises(PyMongoError):
        change()
    server.mend()
    connection: Any = connections["default"]

    assert connection.session is None
    assert move.effects == []
    change()
    assert server.balances() == {"a": 90, "b": 10}
    assert move.effects == [2]
    assert_clean(server)


def test_a_refused_commit_holds_no_document(server: Server) -> None:
    new_pot("a", 1)
    server.fail("commitTransaction", times=1, errorCode=13)

    with pytest.raises(OperationFailure), mongo_transaction.atomic():
        add_by_orm("a", 1)

    assert_clean(server)
    assert server.balances() == {"a": 1}
