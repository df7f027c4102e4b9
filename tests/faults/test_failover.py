"""Writes while the primary of a replica set changes. Source: HTTP contract, sections 1.3, 18 and 19."""

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from pymongo import MongoClient
from pymongo.database import Database

from ops.embedded import binaries
from ops.embedded.layout import Layout
from ops.embedded.redis_server import RedisServer
from tests.faults.conftest import Server, Web, environment_of, migrate, until, var_directory
from tests.faults.replica_set import SECONDARY, Member, ReplicaSet, end, replica_set
from tests.faults.storm import PATIENCE_SECONDS, Client, Person, Storm

# Families that are founded before the primary goes, and after the next one is there.
BEFORE, AFTER = 24, 30
# What a storm leaves; the accounts of the system stay.
LEFT = ("families", "family_people", "users", "sessions", "audit_log", "idempotency_keys")
OWNED = {"owner.kind": {"$in": ["user", "family"]}}
ALLOWED = {(503, "DATABASE_UNAVAILABLE"), (503, "SERVICE_UNAVAILABLE"), (409, "CONFLICT")}
Document = dict[str, Any]


class Site(NamedTuple):
    """The set, a web process on it, and the database as a majority has it."""

    mongodb: ReplicaSet
    web: Web
    database: Database[Document]


@pytest.fixture(scope="module")
def _site() -> Iterator[Site]:
    with var_directory() as var, contextlib.ExitStack() as ends:
        layout = Layout(var)
        layout.prepare()
        mongodb = ends.enter_context(replica_set(layout.mongodb))
        redis = Server.start(RedisServer(layout, binaries.find("redis-server")))
        ends.callback(end, redis.process)
        environment = environment_of(var, MONGODB_URI=mongodb.uri, REDIS_URL=redis.address)
        migrate(environment)
        web = Web(environment, var / "web.log")
        ends.callback(end, web.process)
        client: MongoClient[Document] = ends.enter_context(
            MongoClient(mongodb.uri, readConcernLevel="majority")
        )
        yield Site(mongodb, web, client[settings.MONGODB_NAME])


@pytest.fixture
def site(_site: Site) -> Site:
    """All three members and the web process well, and nothing left of the test before."""
    until(_site.mongodb.is_whole)
    until(_site.web.is_healthy)
    for name in LEFT:
        _site.database[name].delete_many({})
    _site.database["sbd_accounts"].delete_many(OWNED)
    return _site


@pytest.mark.long
def test_nothing_is_lost_or_done_twice_when_the_primary_is_killed(site: Site) -> None:
    storm, old = Storm(site.web), primary_of(site)

    with storm.raging():
        storm.goes_on(BEFORE)
        old.kill()
        until(lambda: site.mongodb.new_primary(old))
        storm.goes_on(AFTER)
        old.start()  # and undoes what no other member had
        until(lambda: old.state() == SECONDARY)
        storm.goes_on(AFTER)

    storm.report("primary killed")
    assert_only_what_was_told_is_there(storm, site)


@pytest.mark.long
def test_nothing_is_lost_or_done_twice_when_the_primary_steps_down(site: Site) -> None:
    storm, old = Storm(site.web), primary_of(site)

    with storm.raging():
        storm.goes_on(BEFORE)
        old.step_down()
        until(lambda: site.mongodb.new_primary(old))
        storm.goes_on(AFTER)

    storm.report("primary stepped down")
    assert_only_what_was_told_is_there(storm, site)


def primary_of(site: Site) -> Member:
    primary = site.mongodb.primary()
    assert primary is not None
    return primary


def assert_only_what_was_told_is_there(storm: Storm, site: Site) -> None:
    """Compare answers and documents, once more after each intent was sent again."""
    refusals = [answer for client in storm.clients for answer in client.refusals]
    assert {answer.problem for answer in refusals} <= ALLOWED
    assert [answer for answer in refusals if "retry_after" not in answer.body] == []
    # Only a client that gave up by itself is without an answer: no connection was refused or cut.
    assert {fault for client in storm.clients for fault in client.faults} <= {"TimeoutError"}
    assert site.web.process.poll() is None
    until(site.web.is_healthy)
    assert_documents(storm, site.database)

    with contextlib.closing(Client(site.web.port, PATIENCE_SECONDS[0])) as client:
        for family_id, founding in storm.told.items():
            again = client.found(founding)
            assert (again.headers["idempotency-replayed"], again.body["family_id"]) == ("true", family_id)
    for person in storm.people:
        mine = site.web.ask("GET", "/family/my-families", person.token).body
        assert sorted(family["family_id"] for family in mine) == founded_by(person, storm)
    assert_documents(storm, site.database)


def assert_documents(storm: Storm, database: Database[Document]) -> None:
    """Find each person and each family once, with account, audit entry and place, and nothing besides."""
    people, told = [person.id for person in storm.people], storm.told
    families = list(database["families"].find())
    assert {family["_id"]: (family["name"], family["admin_user_ids"]) for family in families} == {
        family_id: (founding.name, [founding.founder.id]) for family_id, founding in told.items()
    }
    accounts = [(each["owner"]["id"], each["_id"]) for each in database["sbd_accounts"].find(OWNED)]
    of_families = {family["_id"]: family["account_id"] for family in families}
    assert sorted(owner for owner, _ in accounts) == sorted([*people, *told])
    assert {owner: account for owner, account in accounts if owner in told} == of_families
    entries = database["audit_log"].find({"action": {"$in": ["user.registered", "family.created"]}})
    assert sorted((entry["action"], entry["target"]) for entry in entries) == sorted(
        [*(("user.registered", each) for each in people), *(("family.created", each) for each in told)]
    )
    places = {
        each["_id"]: (sorted(each["founded"]), sorted(each["member_of"]))
        for each in database["family_people"].find()
    }
    assert places == {each.id: (founded_by(each, storm),) * 2 for each in storm.people}
    assert sorted(user["_id"] for user in database["users"].find()) == sorted(people)
    assert database["idempotency_keys"].count_documents({}) == len(told)


def founded_by(person: Person, storm: Storm) -> list[str]:
    return sorted(family_id for family_id, founding in storm.told.items() if founding.founder == person)
