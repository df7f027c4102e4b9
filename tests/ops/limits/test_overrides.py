"""Overrides of limits: they hold everywhere, are on record, and end by themselves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ops import clock
from ops.actors import Actor
from ops.errors import DatabaseUnavailableError, ValidationFailedError
from ops.limits import mirror, overrides, overriding
from ops.limits.overriding import Wanted
from ops.limits.table import Key, Limit
from ops.models.limit_override import LimitOverride
from ops.mongo.breaker import breaker
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_override
from tests.ops.limits.overridden import CREATE, hash_, holds, in_table
from tests.waiting import until

TESTS = Actor.system("tests")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def faults(wanted: Wanted) -> set[tuple[str, str]]:
    """Return field and code of what is refused about an override."""
    with pytest.raises(ValidationFailedError) as refused:
        overriding.set_override(wanted, actor=TESTS, now=clock.now())
    assert documents("rate_limit_overrides", "audit_log") == {"rate_limit_overrides": [], "audit_log": []}
    details: Any = refused.value.details
    return {(each["field"], each["code"]) for each in details}


def test_an_override_holds_in_this_process_and_is_a_document() -> None:
    now = clock.now()
    made = overriding.set_override(
        Wanted("/family/create", 7, 120, reason="a school signs up"), actor=TESTS, now=now
    )

    assert holds(CREATE, 7)
    assert overrides.in_force(CREATE) == Limit(CREATE, 7, 120, Key.USER)
    assert overrides.in_force("family_update") == in_table("family_update")
    (stored,) = documents("rate_limit_overrides")["rate_limit_overrides"]
    assert stored == {
        "_id": CREATE,
        "v": 1,
        "endpoint": "/family/create",
        "limit": 7,
        "window": 120,
        "until": (now + DAY).replace(tzinfo=None),
        "by": "system:tests",
        "reason": "a school signs up",
        "created_at": now.replace(tzinfo=None),
    }
    assert overrides.stored(now) == [made]
    assert str(LimitOverride.objects.get(pk=CREATE)) == CREATE


def test_a_call_is_counted_against_it(person: Person) -> None:
    new_override(most=1)
    assert holds(CREATE, 1)

    answers = [Api(person).post("/family/create", {"name": "Larks"}) for _ in range(2)]

    assert [each.status for each in answers] == [201, 429]
    assert answers[1].json["details"]["limit"] == 1


def test_it_ends_by_itself_whatever_a_job_has_done() -> None:
    wanted = Wanted(CREATE, 7, 120, clock.now() + SECOND)
    overriding.set_override(wanted, actor=TESTS, now=clock.now())
    assert holds(CREATE, 7)

    assert holds(CREATE, in_table(CREATE).most)
    assert len(documents("rate_limit_overrides")["rate_limit_overrides"]) == 1


def test_what_was_read_last_holds_while_mongodb_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    new_override(most=7)
    assert holds(CREATE, 7)

    monkeypatch.setattr("ops.mongo.breaker._fault_of_any_kind", lambda: "away")
    breaker.trip()
    overrides.reader.forget()  # it would be read anew at once, if that were possible
    with pytest.raises(DatabaseUnavailableError):
        overrides.stored(clock.now())

    assert overrides.in_force(CREATE).most == 7
    monkeypatch.undo()
    assert until(lambda: breaker.fault() is None)


def test_the_newest_one_of_an_operation_replaces_the_older_and_each_leaves_an_entry() -> None:
    end = clock.now() + 2 * DAY
    new_override("/family/create", 7, 120)
    overriding.set_override(Wanted("POST /family/create", 9, 60, end), actor=TESTS, now=clock.now())

    assert list(hash_()) == ["POST /family/create"]
    first, second = audit("rate_limit.overridden")
    assert (first["target"], second["target"]) == (CREATE, CREATE)
    assert first["before"] == {"limit": 5, "window": 3600}
    assert second["before"] == {"limit": 7, "window": 120}
    assert second["after"] == {"limit": 9, "window": 60, "until": end.replace(tzinfo=None)}
    assert (first["private"], second["private"]) == ({"reason": "for a test"}, {})


def test_removing_it_lets_the_table_hold_again_and_leaves_one_entry() -> None:
    made = new_override(most=7)
    assert holds(CREATE, 7)

    removed = [
        overriding.remove_override(word, actor=TESTS, now=clock.now(), reason="no longer needed")
        for word in (CREATE, "/family/create")
    ]

    assert removed == [True, False]
    assert holds(CREATE, in_table(CREATE).most)
    assert (documents("rate_limit_overrides")["rate_limit_overrides"], hash_()) == ([], {})
    (entry,) = audit("rate_limit.restored")
    assert (entry["target"], entry["private"]) == (CREATE, {"reason": "no longer needed"})
    assert entry["before"] == {"limit": 7, "window": 3600, "until": made.until.replace(tzinfo=None)}


def test_one_that_has_ended_cannot_be_removed() -> None:
    wanted = Wanted(CREATE, 7, 120)
    overriding.set_override(wanted, actor=TESTS, now=clock.now() - 2 * DAY)

    assert overriding.remove_override(CREATE, actor=TESTS, now=clock.now()) is False
    assert audit("rate_limit.restored") == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written() -> None:
    past, late = clock.now() - SECOND, clock.now() + 30 * DAY + 60 * SECOND

    assert faults(Wanted("nothing", 0, 86_401, past)) == {
        ("endpoint", "invalid_choice"),
        ("limit", "too_small"),
        ("window", "too_large"),
        ("until", "too_small"),
    }
    assert faults(Wanted(CREATE, 1_000_001, 0, late)) == {
        ("limit", "too_large"),
        ("window", "too_small"),
        ("until", "too_large"),
    }


def test_the_widest_bounds_are_possible() -> None:
    now = clock.now()
    made = overriding.set_override(Wanted(CREATE, 10**6, 86_400, now + 30 * DAY), actor=TESTS, now=now)

    assert (made.most, made.window, made.until) == (10**6, 86_400, now + 30 * DAY)


def test_redis_away_stops_no_override(hang: Callable[[], object]) -> None:
    hang()
    new_override(most=7)

    assert holds(CREATE, 7)
    assert len(documents("rate_limit_overrides")["rate_limit_overrides"]) == 1


def test_the_mirror_has_each_endpoint_as_it_was_given() -> None:
    made = new_override("/family/{family_id}/leave", 50, 60)
    new_override("login", 20, 900)

    assert set(hash_()) == {"login", "/family/{family_id}/leave"}
    assert hash_()["/family/{family_id}/leave"] == {
        "operation": "member_leave",
        "limit": 50,
        "window": 60,
        "until": made.until.isoformat().replace("+00:00", "Z"),
        "by": "system:tests",
    }
    assert not mirror.difference(overrides.stored(clock.now()))
