"""The watch over the product's queries catches each kind of bad one, and lets good ones pass."""

from collections.abc import Callable
from typing import Any

import pytest

from families.models import Family
from ops.mongo.collections import collection
from tests import commands
from tests.api import Api
from tests.factories import Person, new_family
from tests.watch import ALLOWED, Allowed, Fault, Watch, faults

Query = Callable[[], object]
MANY = 40
OWLS = {"name": "Owls"}
SET = {"$set": {"v": 1}}
SORT = {"created_at": -1, "_id": -1}


@pytest.fixture
def families(person: Person) -> list[str]:
    """Ids of many families, all of one founder's; written as one, since only their number matters."""
    family = new_family(person)
    more = [family | {"_id": f"fam_{number}", "account_id": f"acc_{number}"} for number in range(1, MANY)]
    collection("families").insert(*more)
    return [family["_id"], *(each["_id"] for each in more)]


def sent_by(query: Query) -> commands.Command:
    """Send a query, and return its command; the watch over the suite takes it for a test's own."""
    with commands.unwatched(), commands.recorded() as sent:
        query()
    (command,) = sent
    return command


def judged(query: Query) -> list[Fault]:
    command = sent_by(query)
    return faults(command, commands.explained(command))


def found(condition: dict[str, Any], **more: Any) -> Query:
    return lambda: collection("families").find(condition, **{"limit": 50, **more})


def yielded(*pipeline: dict[str, Any]) -> Query:
    return lambda: collection("families").aggregate(list(pipeline))


def raw() -> Any:
    return collection("families").raw


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        (found({"nickname": "nobody"}), [Fault.SCANS, Fault.EXAMINES]),
        (found({"name": {"$regex": "^L"}}), [Fault.SCANS]),
        (found({"status": "active"}, sort=[("updated_at", 1)]), [Fault.SORTS]),
        (found({"status": "active", "name": "Owls"}), [Fault.EXAMINES]),
        (found({"status": "active"}, limit=0), [Fault.UNBOUNDED]),
        (found({"nickname": "nobody"}, sort=[("updated_at", 1)], limit=0), list(Fault)),
        (yielded({"$match": {"nickname": "x"}}, {"$limit": 1}), [Fault.SCANS, Fault.EXAMINES]),
        (yielded({"$match": {"status": "active"}}), [Fault.UNBOUNDED]),
        (yielded({"$match": {"status": "active"}}, {"$count": "all"}), [Fault.UNBOUNDED]),
        (yielded({"$match": {"status": "active"}}, {"$limit": 50}, {"$sort": {"name": 1}}), [Fault.SORTS]),
        (lambda: raw().count_documents({"status": "active"}), [Fault.UNBOUNDED]),
        (lambda: raw().distinct("name", {"status": "active"}), [Fault.UNBOUNDED]),
        (lambda: collection("families").update(OWLS, SET), [Fault.SCANS, Fault.EXAMINES]),
        (lambda: collection("families").update_all(OWLS, SET), [Fault.SCANS]),
        (lambda: collection("families").delete(OWLS), [Fault.SCANS]),
        (lambda: collection("families").find_and_update(OWLS, SET), [Fault.SCANS, Fault.EXAMINES]),
        (lambda: list(Family.objects.filter(name__icontains="Owl")[:5]), [Fault.SCANS, Fault.EXAMINES]),
    ],
)
@pytest.mark.usefixtures("families")
def test_a_bad_query_is_caught(query: Query, wrong: list[Fault]) -> None:
    assert judged(query) == wrong


@pytest.mark.parametrize(
    "query",
    [
        found({"_id": "fam_1"}, limit=0),
        found({"_id": {"$in": ["fam_1", "fam_2"]}}, limit=0),
        found({"status": "active"}, sort=list(SORT.items())),
        found({"status": "active"}, sort=list(SORT.items()), limit=3),
        yielded({"$match": {"_id": "fam_1"}}),
        yielded({"$match": {"status": "active"}}, {"$sort": SORT}, {"$skip": 30}, {"$limit": 5}),
        yielded({"$match": {"status": "active"}}, {"$limit": 99}, {"$count": "all"}),
        lambda: raw().estimated_document_count(),
        lambda: collection("users").find_one({"username": "ada"}),
        lambda: collection("users").find({"username": "ada"}, limit=0),
        lambda: collection("families").update({"_id": "fam_1"}, SET),
        lambda: collection("families").update_all({"status": "active"}, SET),
        lambda: collection("families").delete({"_id": {"$in": ["fam_1", "fam_2"]}}),
        lambda: collection("families").find_and_update({"_id": "fam_1"}, SET, upsert=True),
        lambda: list(Family.objects.filter(pk__in=["fam_1", "fam_2"])),
    ],
)
@pytest.mark.usefixtures("families")
def test_a_good_query_passes(query: Query) -> None:
    assert judged(query) == []


def joined(field: str) -> Query:
    """Return a read of one family that joins accounts by a field of theirs."""
    join = {"from": "sbd_accounts", "localField": "account_id", "foreignField": field, "as": "account"}
    return yielded({"$match": {"_id": "fam_1"}}, {"$lookup": join})


@pytest.mark.usefixtures("families")
def test_a_join_needs_an_index_too() -> None:
    assert judged(joined("_id")) == []
    assert judged(joined("version")) == [Fault.SCANS]


def test_an_empty_collection_hides_nothing() -> None:
    assert judged(found({"nickname": "nobody"})) == [Fault.SCANS]


def test_every_statement_of_a_command_is_looked_at() -> None:
    watch = Watch()
    by_id, by_name = {"q": {"_id": "fam_1"}, "u": {"v": 1}}, {"q": {"name": "Owls"}, "u": {"v": 1}}

    with commands.watched():
        watch.hear({"update": "families", "updates": [by_id, by_name], "$db": raw().database.name})

    (verdict,) = watch.verdicts()
    assert "shape: update families {q: {name: str}}" in verdict


@pytest.mark.usefixtures("families")
def test_a_verdict_shows_shape_plan_and_figures_and_is_given_once() -> None:
    watch = Watch()
    scan = sent_by(found({"nickname": "nobody"}))

    with commands.watched():
        watch.hear(scan)
        watch.hear(scan | {"filter": {"nickname": "somebody else"}})

    shape = "find families {filter: {nickname: str}, limit: int}"
    shown = (
        f"  shape: {shape}\n  plan: LIMIT, COLLSCAN\n  figures: [Look(documents={MANY}, keys=0, returned=0)]"
    )
    assert watch.verdicts() == [
        f"A query reads a collection whole.\n{shown}",
        f"A query examines far more than it returns.\n{shown}",
    ]
    assert watch.verdicts() == []


def test_only_what_the_product_sends_is_watched(person: Person) -> None:
    scan = sent_by(found({"nickname": "nobody"}))
    in_a_unit = scan | {"autocommit": False}

    assert not commands.is_products(scan)
    assert commands.is_products(in_a_unit)
    with commands.unwatched():
        assert not commands.is_products(in_a_unit)

    heard: list[bool] = []
    with commands.heard_by(lambda command: heard.append(commands.is_products(command))):
        Api(person).get("/auth/me")
        collection("families").find_one({"_id": "fam_1"})
    assert heard == [*[True] * (len(heard) - 1), False]
    assert len(heard) > 1


def test_a_request_that_never_ended_makes_nothing_of_a_later_test_the_products() -> None:
    scan = sent_by(found({"nickname": "nobody"}))
    watch = Watch()

    with commands.watched(), watch.on():
        watch.hear(scan)

    assert watch.verdicts() == []


def test_every_test_is_watched_until_its_documents_go(request: pytest.FixtureRequest) -> None:
    order = request.fixturenames

    assert order.index("_emptied") < order.index("_watched")  # taken down the other way round


def test_an_exception_holds_for_its_fault_and_its_shapes_only() -> None:
    scan = sent_by(found({"nickname": "nobody"}))
    other = sent_by(found({"name": "Owls"}))
    watch = Watch(allowed=(Allowed(Fault.SCANS, "families", ("nickname: str",), "shown here"),))

    with commands.watched():
        watch.hear(scan)
        watch.hear(other)

    (verdict,) = watch.verdicts()
    assert "name: str" in verdict


def test_every_exception_has_a_reason() -> None:
    assert all(each.reason for each in ALLOWED)
    assert Fault.SCANS not in {each.fault for each in ALLOWED}
