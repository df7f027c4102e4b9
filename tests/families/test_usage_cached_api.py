"""What is remembered of use is what would be counted now, for everybody, after every change.

Source: HTTP contract, section 19 (reading own writes).
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import override_settings

from families.actions import admins, departing, dissolving, founding, inviting, joining, limiting, members
from families.actions.limiting import Wanted
from families.rules import RelationshipType
from families.rules.limits import LimitType
from ops import clock, redis
from ops.actors import Actor
from ops.mongo.collections import Document
from ops.redis import store
from tests.api import Api
from tests.factories import Person, new_family, new_person

PATH = "/family/usage-tracking"
STAFF = Actor.system("tests")


@pytest.fixture
def three(person: Person, stranger: Person) -> list[Person]:
    """An admin, and two who come and go."""
    return [person, stranger, new_person()]


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


def read(person: Person, path: str = PATH) -> Any:
    answer = Api(person).get(path)
    assert answer.status == 200, answer.text
    return answer.json


def counted(person: Person, path: str = PATH) -> Any:
    with override_settings(ENABLE_QUERY_CACHE=False):
        return read(person, path)


def remembered() -> set[bytes]:
    return {key for key in store().scan_iter("cache:usage:*") if not key.endswith(b":making")}


def deeds(family: Document, three: list[Person]) -> list[Callable[[], object]]:
    """Return one of each kind of change, in an order in which all are possible."""
    admin, second, third = three
    family_id = family["_id"]

    def accept() -> None:
        kind = RelationshipType.SIBLING
        sent = inviting.invite(
            family_id, third.username, kind, by_username=True, actor=admin.actor, now=clock.now()
        )
        joining.accept(sent.invitation["_id"], actor=third.actor, now=clock.now())

    return [
        lambda: members.join(family_id, second.id, actor=STAFF, now=clock.now()),
        accept,
        lambda: departing.leave(family_id, actor=second.actor, now=clock.now()),
        lambda: members.join(family_id, second.id, actor=STAFF, now=clock.now()),
        lambda: departing.remove(family_id, third.id, actor=admin.actor, now=clock.now()),
        lambda: founding.found("Owls", actor=second.actor, now=clock.now()),
        lambda: admins.promote(family_id, second.id, actor=admin.actor, now=clock.now()),
        lambda: limiting.set_limits(
            admin.id, Wanted({LimitType.MEMBERS: 9}, "asked for"), actor=STAFF, now=clock.now()
        ),
        lambda: dissolving.dissolve(family_id, actor=admin.actor, now=clock.now()),
    ]


def test_after_every_change_everybody_reads_what_would_be_counted(
    family: Document, three: list[Person]
) -> None:
    changed = []
    for deed in deeds(family, three):
        before = [read(each) for each in three]  # so that it is remembered
        deed()

        after = [read(each) for each in three]
        assert after == [counted(each) for each in three]
        changed.append(after != before)

    assert changed == [True, True, True, True, True, True, False, True, True]  # a promotion is no use


def test_a_member_reads_at_once_that_another_came(family: Document, three: list[Person]) -> None:
    admin, second, third = three
    members.join(family["_id"], second.id, actor=STAFF, now=clock.now())
    assert [read(each)["usage_data"][-1]["total_members"] for each in (admin, second)] == [2, 2]

    members.join(family["_id"], third.id, actor=STAFF, now=clock.now())

    assert [read(each)["usage_data"][-1]["total_members"] for each in three] == [3, 3, 3]


def test_each_period_is_remembered_for_itself_and_each_granularity_made_of_it(
    family: Document, person: Person
) -> None:
    assert family
    paths = [PATH, f"{PATH}?granularity=monthly", f"{PATH}?start_date={clock.now().date()}"]

    for path in [*paths, *paths]:
        assert read(person, path) == counted(person, path)

    assert len(remembered()) == 2


def test_limits_are_never_remembered(family: Document, person: Person) -> None:
    assert family
    assert read(person)["current_limits"]["max_members_per_family"] == 5

    wanted = Wanted({LimitType.MEMBERS: 9}, "asked for by mail")
    limiting.set_limits(person.id, wanted, actor=STAFF, now=clock.now())

    assert read(person)["current_limits"]["max_members_per_family"] == 9


@pytest.mark.parametrize(
    "garbage", [b"", b"[]", b"{}", b"null", b"7", b'"days"', b"[[]]", b"\xff", b'[{"a":1}]']
)
def test_garbage_in_the_cache_changes_no_answer(family: Document, person: Person, garbage: bytes) -> None:
    assert family
    first = read(person)
    (key,) = remembered()
    kept = store().get(key)
    store().set(key, garbage)

    assert read(person) == first
    assert store().get(key) == kept


def test_other_days_under_the_key_change_no_answer(family: Document, person: Person) -> None:
    assert family
    first = read(person)
    (key,) = remembered()
    read(person, f"{PATH}?start_date={clock.now().date()}")
    (other,) = remembered() - {key}
    store().set(key, store().get(other) or b"")

    assert read(person) == first


def test_without_redis_it_is_counted(family: Document, person: Person) -> None:
    assert family
    first = read(person)
    redis.breaker.trip()
    try:
        assert read(person) == first
    finally:
        redis.breaker.close()


def test_who_was_never_in_a_family_has_nothing_that_is_worth_remembering(person: Person) -> None:
    read(person)

    assert remembered() == set()
