"""GET /family/my-families. Source: HTTP contract, sections 4 and 18 (rules 11 and 21); design, section 9."""

from datetime import timedelta

from families.actions import founding, members
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from tests import commands
from tests.api import Api
from tests.factories import Person, new_family, new_person
from tests.families.test_create_api import FAMILY

ACCOUNT = {"account_username", "balance", "is_frozen", "frozen_by", "can_spend", "spending_limit"}


def ids(person: Person) -> list[str]:
    answer = Api(person).get("/family/my-families")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return [family["family_id"] for family in answer.json]


def test_who_belongs_to_none_gets_an_empty_list(person: Person, stranger: Person) -> None:
    new_family(stranger)

    assert ids(person) == []


def test_each_family_has_the_shape_of_the_contract(person: Person) -> None:
    new_family(person)

    (family,) = Api(person).get("/family/my-families").json

    assert family.keys() == FAMILY
    assert family["sbd_account"].keys() == ACCOUNT


def test_the_newest_membership_stands_first(person: Person, stranger: Person) -> None:
    now = clock.now()
    oldest, middle, newest = (
        founding.found("Larks", actor=founder.actor, now=now - timedelta(days=days))["_id"]
        for founder, days in ((person, 30), (stranger, 90), (person, 10))
    )
    members.join(middle, person.id, actor=Actor.system("tests"), now=now - timedelta(days=20))

    assert ids(person) == [newest, middle, oldest]
    assert ids(stranger) == [middle]


def test_a_member_sees_their_own_place_and_nobody_elses(person: Person, stranger: Person) -> None:
    family = new_family(stranger)
    members.join(family["_id"], person.id, actor=Actor.system("tests"), now=clock.now())

    (seen,) = Api(person).get("/family/my-families").json

    assert (seen["is_admin"], seen["user_role"], seen["admin_user_ids"]) == (False, "member", [stranger.id])
    assert (seen["member_count"], seen["usage_stats"]["current_members"]) == (2, 2)
    assert (seen["sbd_account"]["can_spend"], seen["sbd_account"]["spending_limit"]) == (False, 0)


def test_a_dissolved_family_is_not_listed(person: Person) -> None:
    gone, stays = new_family(person)["_id"], new_family(person)["_id"]
    collection("families").update({"_id": gone}, {"$set": {"status": "dissolved"}})

    assert ids(person) == [stays]
    assert Api(person).get(f"/family/{gone}").problem == (404, "FAMILY_NOT_FOUND")


def test_it_costs_one_command_that_reads_no_collection_whole(person: Person) -> None:
    others = [new_person() for _ in range(3)]
    for founder in others:
        for _ in range(3):
            new_family(founder)
    for _ in range(3):
        new_family(person)
    ids(person)  # so that the session is remembered

    with commands.recorded() as sent:
        found = ids(person)

    assert len(found) == 3
    assert commands.names(sent) == ["aggregate"]
    assert "IXSCAN" in commands.stages(sent[0])
    assert "COLLSCAN" not in commands.stages(sent[0])


def test_a_larger_family_costs_no_more_commands(person: Person) -> None:
    family = new_family(person)
    ids(person)
    with commands.recorded() as alone:
        Api(person).get(f"/family/{family['_id']}")
    for _ in range(4):
        members.join(family["_id"], new_person().id, actor=Actor.system("tests"), now=clock.now())

    with commands.recorded() as full:
        answer = Api(person).get(f"/family/{family['_id']}")

    assert answer.json["member_count"] == 5
    assert commands.names(alone) == commands.names(full) == ["aggregate"]
    assert "COLLSCAN" not in commands.stages(full[0])
