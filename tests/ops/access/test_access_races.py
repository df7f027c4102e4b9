"""Changes of rules at the same moment."""

from functools import partial

from ops import clock
from ops.access import changing
from ops.guarding import AccessList, RuleKind
from ops.mongo.collections import collection
from tests.database import audit
from tests.factories import Person, new_person
from tests.ops.access.blocking import HERE, TESTS, block, stored, wanted
from tests.races import at_once, ended

ROUNDS = 5


def blocking(kind: str, value: str, by: Person | None = None, why: str = "guesses passwords") -> str:
    actor = by.actor if by else TESTS
    return ended(lambda: changing.block(wanted(kind, value, why=why), actor=actor, now=clock.now()))


def test_people_who_add_the_same_rule_make_one() -> None:
    by = [new_person() for _ in range(4)]

    told = at_once([partial(blocking, "address", HERE, each) for each in by])

    assert told == ["done"] * 4
    assert len(stored()) == 1
    assert len(audit("access.blocked")) == 1


def test_people_who_add_the_same_rule_for_other_reasons_leave_one_of_them() -> None:
    reasons = [f"for reason {number}" for number in range(4)]

    at_once([partial(blocking, "address", HERE, why=each) for each in reasons])

    (rule,) = stored()
    entries = audit("access.blocked")
    assert sorted(each["private"]["reason"] for each in entries) == reasons
    assert {each["target"] for each in entries} == {rule["_id"]}
    assert rule["reason"] in reasons


def test_of_two_who_remove_a_rule_one_does() -> None:
    block("address", HERE)

    def remove() -> str:
        which, kind = AccessList.BLOCK, RuleKind.ADDRESS
        return ended(lambda: changing.remove(which, kind, HERE, actor=TESTS, now=clock.now()))

    assert sorted(at_once([remove, remove])) == ["NOT_FOUND", "done"]
    assert len(audit("access.removed")) == 1


def test_of_the_last_two_of_the_staff_who_block_each_other_one_stays() -> None:
    for number in range(ROUNDS):
        one, other = (new_person(f"boss-{number}-{each}", is_staff=True) for each in "ab")
        everybody = [each for each in stored() if each["value"] not in {one.id, other.id}]

        told = at_once(
            [
                partial(blocking, "user", other.id),
                partial(blocking, "email", one.email),
            ]
        )

        assert sorted(told) == ["VALIDATION_ERROR", "done"]
        assert len(stored()) == len(everybody) + 1
        (blocked,) = [each["value"] for each in stored() if each["value"] in {other.id, one.email}]
        left = one if blocked == other.id else other
        no_more = {"is_staff": False, "is_superuser": False}
        collection("users").update({"_id": left.id}, {"$set": no_more})  # the next round begins with none
