"""What limits and usage cost, for however many families. Source: HTTP contract, section 18 (rule 21)."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from families.actions import founding, members
from family_site.identity.roles import Role
from ops import clock, switches
from ops.actors import Actor
from ops.ids import new_id
from ops.mongo.collections import collection
from tests.api import Api
from tests.factories import Person, new_person, new_staff
from tests.test_round_trips import COMMIT, SIGNED_IN, cost_of
from tests.waiting import until

TESTS = Actor.system("tests")
STANDING = ["aggregate users"]  # the person, their families and the last change of each joined
# Whose rights were changed a moment ago is looked up each time.
LOOKED_UP, DISTRUSTED = "aggregate sessions", SIGNED_IN + Counter({"SET": 1})
USED = [*STANDING, "aggregate audit_log", "aggregate audit_log", COMMIT]
READS = {
    "/family/limits": STANDING,
    "/family/limits/enforcement": STANDING,
    "/family/limits?include_billing_metrics=true": USED,
    "/family/usage-tracking": USED,
    "/family/usage-tracking?granularity=monthly": USED,
}


@pytest.fixture(autouse=True)
def _remembered(person: Person) -> None:
    """The session has been looked up before, at a time when what Redis remembers was to be trusted."""
    assert until(lambda: switches.current() is not None)
    assert Api(person).get("/family/my-families").status == 200


def grow(person: Person, families: int, people: int) -> None:
    """Let somebody found families, and people come into them, some days ago."""
    for _ in range(families):
        family = founding.found("Larks", actor=person.actor, now=clock.now() - timedelta(days=9))
        collection("families").update({"_id": family["_id"]}, {"$set": {"limits.max_members": people + 1}})
        for number in range(people):
            at = clock.now() - timedelta(days=number % 8)
            members.join(family["_id"], new_id("user"), actor=TESTS, now=at)


@pytest.mark.parametrize("path", READS)
def test_a_read_costs_the_same_for_one_family_as_for_many(person: Person, path: str) -> None:
    grow(person, 1, 1)
    small = cost_of(lambda: Api(person).get(path))
    collection("family_people").update({"_id": person.id}, {"$set": {"limits.max_families_founded": 9}})
    grow(person, 5, 12)
    large = cost_of(lambda: Api(person).get(path))

    assert small == large == (READS[path], SIGNED_IN)


def test_who_has_no_family_costs_one_look_less(person: Person) -> None:
    few = cost_of(lambda: Api(person).get("/family/usage-tracking"))

    assert few == ([*STANDING, "aggregate audit_log", COMMIT], SIGNED_IN)


@pytest.mark.parametrize(
    ("name", "families"), [("max_families_allowed", []), ("max_members_per_family", ["update families"])]
)
def test_setting_limits_costs_the_same_for_one_family_as_for_many(
    person: Person, name: str, families: list[str]
) -> None:
    staff, other = new_staff(Role.SUPPORT), new_person()
    grow(person, 3, 4)
    grow(other, 1, 0)
    body = {name: 9, "reason": "for a test"}

    costs = [
        cost_of(partial(Api(staff).put, "/family/limits", body | {"user_id": each.id}))
        for each in (person, other)
    ]

    written = ["update family_people", *families, "insert audit_log"]
    assert costs[0] == costs[1] == ([LOOKED_UP, *STANDING, *written, *STANDING, COMMIT], DISTRUSTED)
