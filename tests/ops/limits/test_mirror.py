"""The hash in Redis and the job that keeps it: it is a mirror, and whatever becomes of it is made good."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog

from ops import clock, tasks
from ops.actors import Actor
from ops.limits import mirror, overrides, overriding, upkeep
from ops.limits.mirror import Difference
from ops.limits.overriding import Wanted
from ops.redis import store
from tests.database import audit, documents
from tests.factories import new_override
from tests.ops.limits.overridden import CREATE, counted, hash_, holds

FIELD = "/family/create"
HOUR = 60 * 60


def difference() -> Difference:
    return mirror.difference(overrides.stored(clock.now()))


@pytest.fixture
def mirrored() -> dict[str, Any]:
    """Two overrides, and the hash of them."""
    new_override(FIELD)
    new_override("login")
    return hash_()


def test_without_overrides_there_is_no_hash() -> None:
    assert tasks.keep_limits() == 0
    assert store().exists(mirror.HASH) == 0


def test_what_is_right_is_left_alone(mirrored: dict[str, Any]) -> None:
    assert set(mirrored) == {FIELD, "login"}
    assert difference() == Difference()
    assert tasks.keep_limits() == 0
    assert hash_() == mirrored


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda redis: redis.flushall(), Difference(missing=(FIELD, "login"))),
        (lambda redis: redis.hdel(mirror.HASH, "login"), Difference(missing=("login",))),
        (lambda redis: redis.hset(mirror.HASH, "login", '{"limit":1}'), Difference(stale=("login",))),
        (lambda redis: redis.hset(mirror.HASH, "login", "\xff{"), Difference(unreadable=("login",))),
        (lambda redis: redis.hset(mirror.HASH, "/x", "{}"), Difference(foreign=("/x",))),
        (
            lambda redis: redis.set(mirror.HASH, "a string"),
            Difference(missing=(FIELD, "login"), wrong_type=True),
        ),
        (
            lambda redis: (redis.delete(mirror.HASH), redis.rpush(mirror.HASH, "a list")),
            Difference(missing=(FIELD, "login"), wrong_type=True),
        ),
    ],
    ids=["emptied", "missing", "stale", "unreadable", "foreign", "a string", "a list"],
)
def test_what_became_of_it_is_found_and_made_good_by_the_job(
    mirrored: dict[str, Any], damage: Callable[[Any], object], found: Difference
) -> None:
    damage(store())

    assert difference() == found
    assert tasks.keep_limits() == 1
    assert hash_() == mirrored
    assert difference() == Difference()


def test_an_edit_by_hand_changes_no_limit(mirrored: dict[str, Any]) -> None:
    assert holds(CREATE, mirrored[FIELD]["limit"])
    store().hset(mirror.HASH, FIELD, '{"operation":"family_create","limit":1,"window":1}')

    assert overrides.in_force(CREATE).most == mirrored[FIELD]["limit"]


def test_a_change_writes_the_hash_over_whatever_is_there() -> None:
    store().set(mirror.HASH, "a string")

    new_override("login")

    assert set(hash_()) == {"login"}


def test_the_job_deletes_what_has_ended_and_says_so(mirrored: dict[str, Any]) -> None:
    now = clock.now()
    wanted = Wanted("member_leave", 7, 60, now - timedelta(hours=1))
    overriding.set_override(wanted, actor=Actor.system("tests"), now=now - timedelta(hours=2))
    entries = len(audit())

    with structlog.testing.capture_logs() as log:
        assert tasks.keep_limits() == 1

    assert [each["_id"] for each in documents("rate_limit_overrides")["rate_limit_overrides"]] == [
        CREATE,
        "login",
    ]
    ended = [line for line in log if line["event"] == "rate limit override ended"]
    assert [line["operation"] for line in ended] == ["member_leave"]
    assert (len(audit()), hash_()) == (entries, mirrored)


def test_one_that_was_set_anew_meanwhile_is_not_deleted() -> None:
    now = clock.now()
    overriding.set_override(Wanted(CREATE, 7, 60), actor=Actor.system("tests"), now=now - timedelta(days=2))
    new_override(CREATE)

    assert tasks.keep_limits() == 0
    assert len(documents("rate_limit_overrides")["rate_limit_overrides"]) == 1


def test_without_redis_the_job_ends_what_it_can(hang: Callable[[], object]) -> None:
    now = clock.now()
    wanted = Wanted(CREATE, 7, 60, now - timedelta(hours=1))
    overriding.set_override(wanted, actor=Actor.system("tests"), now=now - timedelta(hours=2))
    hang()

    assert tasks.keep_limits() == 1
    assert documents("rate_limit_overrides")["rate_limit_overrides"] == []


# Counters without an end ---------------------------------------------------------------------------


def test_counters_without_an_end_go_with_their_window() -> None:
    now = int(time.time())
    future, past, other = (
        f"rate_limit:user:user_1:{CREATE}:{now + HOUR}",
        f"rate_limit:address:2001:db8::/64:login:{now - HOUR}",
        "rate_limit:by-hand",
    )
    counted(future, past, other, ttl=None)
    counted(well := f"rate_limit:user:user_2:{CREATE}:{now + HOUR}", ttl=100)
    counted(foreign := "cache:rate_limit:user", ttl=None)

    assert tasks.keep_limits() == 3

    assert HOUR - 60 < store().ttl(future) <= HOUR
    assert store().ttl(past) in {-2, 0, 1}
    assert 24 * HOUR - 60 < store().ttl(other) <= 24 * HOUR
    assert 0 < store().ttl(well) <= 100
    assert store().ttl(foreign) == -1
    assert tasks.keep_limits() == 0


def test_a_run_looks_at_some_keys_only_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "STEPS", 1)
    search, keys = upkeep.Search(), [f"rate_limit:user:u{n}:read:1900000000" for n in range(2_500)]
    store().mset(dict.fromkeys(keys, 1))

    mended = [search.go_on() for _ in range(2)]

    assert all(0 < each < len(keys) for each in mended)
    while sum(mended) < len(keys):
        mended.append(search.go_on())
    assert sum(mended) == len(keys)
