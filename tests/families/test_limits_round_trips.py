"""What limits and usage cost, for however many families. Source: HTTP contract, section 18 (rule 21)."""

import math
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from families.actions import founding, members
from family_site.identity.roles import Role
from ops import clock, switches
from ops.actors import Actor
from ops.cache import counting
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
STATE = [*STANDING, "aggregate audit_log"]  # with when they came and went: all that the figures depend on
# Looked for in the cache, the turn to make it taken, kept.
COUNTED = [*STATE, "aggregate audit_log", COMMIT], SIGNED_IN + Counter({"GET": 1, "SET": 2})
READS = {
    "/family/limits": (STANDING, SIGNED_IN),
    "/family/limits/enforcement": (STANDING, SIGNED_IN),
    "/family/limits?include_billing_metrics=true": COUNTED,
    "/family/usage-tracking": COUNTED,
    "/family/usage-tracking?granularity=monthly": COUNTED,
}


@pytest.fixture(autouse=True)
def _remembered(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session has been looked up before, at a time when what Redis remembers was to be trusted.

    How often the cache had something is written once a second, by whichever call comes then: by none here.
    """
    monkeypatch.setattr(counting, "EVERY_SECONDS", math.inf)
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

    assert small == large == READS[path]


def test_figures_that_are_remembered_are_not_counted_again(person: Person) -> None:
    grow(person, 2, 3)
    first = Api(person).get("/family/usage-tracking").json

    again = cost_of(lambda: Api(person).get("/family/usage-tracking"))

    assert again == ([*STATE, COMMIT], SIGNED_IN + Counter({"GET": 1}))
    assert Api(person).get("/family/usage-tracking").json == first


def test_who_has_no_family_costs_one_look_less(person: Person) -> None:
    few = cost_of(lambda: Api(person).get("/family/usage-tracking"))

    assert few == ([*STATE, COMMIT], SIGNED_IN)


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
