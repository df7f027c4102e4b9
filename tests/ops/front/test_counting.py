"""The counters of the front page: what the job counts, when it counts again, that it may run any time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ops.front import attention, counters, counting, series
from ops.front.attention import Attention, of
from ops.front.counters import Counted
from ops.front.series import HOUR, QUARTER, Series
from ops.front.where import page
from ops.limits import counting as limits
from ops.limits.counting import Usage
from ops.limits.table import LIMITS
from ops.mongo.collections import collection
from ops.security.recording import recorder

NOW = datetime(2026, 11, 27, 14, 20, tzinfo=UTC)
TODAY, LAST_WEEK = date(2026, 11, 27), date(2026, 11, 20)
MINUTE = timedelta(minutes=1)
SENT = Series("sent", "mails queued", "ops.view_mail", "email_outbox", "created_at", "ops.mail")
HELD = next(each for each in series.every() if each.key == "limited")  # it adds up, and its times move
DEAD = Attention(
    "dead",
    "dead letters",
    "ops.view_mail",
    of("email_outbox", lambda _now: {"status": "dead_letter"}),
    page("health"),
)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what these tests count."""
    monkeypatch.setattr(series, "_SERIES", [SENT, HELD])
    monkeypatch.setattr(attention, "_ATTENTIONS", [DEAD])


_numbers: Iterator[int] = iter(range(10**6))


def mailed(at: datetime, status: str = "sent") -> None:
    name = f"counted-{next(_numbers)}"
    collection("email_outbox").insert({"_id": name, "key": name, "created_at": at, "status": status})


def held(at: datetime, count: int, kind: str = "rate_limited") -> None:
    event = {"_id": f"counted-{next(_numbers)}", "type": kind, "subject": "x", "count": count}
    collection("security_events").insert({**event, "last_at": at})


def seen(one: Series = SENT, day: date = TODAY) -> list[int | None]:
    """Return the numbers of a day's hours, as the page reads them."""
    start = counters.start_of(day)
    return counters.read([one.key], [day]).numbers(one, start, start + 24 * HOUR)


def kept() -> dict[str, Any]:
    return {each["_id"]: each for each in collection(counters.NAME).find({}, limit=1000)}


def test_each_hour_of_today_up_to_now_has_its_number_and_the_rest_has_none() -> None:
    for at in (NOW, NOW - HOUR, NOW - HOUR, NOW.replace(hour=0, minute=0)):
        mailed(at)

    counting.count(NOW)

    assert seen() == [1, *[0] * 12, 2, 1, *[None] * 9]


def test_the_same_weekday_last_week_is_counted_whole() -> None:
    last = datetime(2026, 11, 20, tzinfo=UTC)
    mailed(last)
    mailed(last + 24 * HOUR - timedelta(milliseconds=1))
    mailed(last - timedelta(milliseconds=1))
    mailed(last + 24 * HOUR)

    counting.count(NOW)

    assert seen(day=LAST_WEEK) == [1, *[0] * 22, 1]


def test_a_series_may_add_up_a_field_of_what_its_filter_leaves() -> None:
    held(NOW, 5)
    held(NOW - MINUTE, 3)
    held(NOW, 9, kind="blocked_call")

    counting.count(NOW)

    assert seen(HELD)[14] == 8


def test_what_was_counted_is_not_counted_again_where_its_time_has_moved_to() -> None:
    hour = NOW.replace(minute=0)
    held(hour + 5 * MINUTE, 3)
    for minutes in range(5, 20):
        counting.count(hour + minutes * MINUTE)
    moved = {"$set": {"count": 5, "last_at": hour + 50 * MINUTE}}  # as the recorder writes what comes later
    collection("security_events").update({"subject": "x"}, moved)

    for minutes in range(50, 65):
        counting.count(hour + minutes * MINUTE)

    assert seen(HELD)[14] == 5


def test_what_comes_after_a_count_is_in_the_next_and_nothing_is_counted_twice() -> None:
    mailed(NOW)
    counting.count(NOW)
    mailed(NOW + MINUTE)

    for _ in range(3):
        counting.count(NOW + MINUTE)

    assert seen()[14] == 2


def test_what_was_written_late_is_counted_until_its_quarter_has_settled() -> None:
    end = NOW.replace(minute=30)
    counting.count(end)
    mailed(end - MINUTE)
    counting.count(end + MINUTE)
    assert seen()[14] == 1

    mailed(end - MINUTE)
    counting.count(end + counting.SETTLES_AFTER)
    assert seen()[14] == 2

    mailed(end - MINUTE)
    counting.count(end + counting.SETTLES_AFTER + MINUTE)
    assert seen()[14] == 2


def test_after_a_standstill_the_hours_that_were_missed_are_made_good() -> None:
    counting.count(NOW - 5 * HOUR)
    mailed(NOW - 3 * HOUR)

    counting.count(NOW)

    assert seen()[9:16] == [0, 0, 1, 0, 0, 0, None]


def test_yesterday_is_finished_after_midnight() -> None:
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    counting.count(midnight - MINUTE)
    mailed(midnight - MINUTE)

    counting.count(midnight + MINUTE)

    assert seen()[23] == 1
    assert seen(day=date(2026, 11, 28)) == [0, *[None] * 23]


def test_all_days_are_filled_in_a_few_runs_each_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_FILLED", 10)
    wanted = {counters.id_of(one.key, day) for one in (SENT, HELD) for day in counting.days(NOW)}

    counting.count(NOW)
    first = kept().keys() - {counters.ATTENTION}
    counting.count(NOW + MINUTE)

    assert len(first) == 2 + 10
    assert kept().keys() - {counters.ATTENTION} == wanted


def test_a_settled_day_is_not_counted_again() -> None:
    for minutes in range(3):
        counting.count(NOW + minutes * MINUTE)
    before = kept()

    written = counting.count(NOW + 3 * MINUTE)

    # What needs attention; of one series the quarter that goes on, of the other the hour so far.
    assert written == 1 + 1 + 2
    assert {name for name, each in kept().items() if before[name] != each} == {
        counters.id_of("sent", TODAY),
        counters.id_of(HELD.key, TODAY),
        counters.ATTENTION,
    }


def test_old_days_go() -> None:
    counting.count(NOW)
    assert counters.id_of("sent", LAST_WEEK) in kept()

    counting.count(NOW + timedelta(days=4))

    oldest = min(name for name in kept() if name != counters.ATTENTION)
    assert oldest >= (NOW + timedelta(days=4) - counters.KEPT_DAYS * timedelta(days=1)).date().isoformat()
    assert counters.id_of("sent", LAST_WEEK) not in kept()


def test_a_count_that_was_overtaken_changes_nothing() -> None:
    mailed(NOW, status="dead_letter")
    counting.count(NOW + MINUTE)
    later = kept()
    collection("email_outbox").delete({})

    counting.count(NOW)

    assert kept() == later


def test_what_needs_attention_is_counted_with_when() -> None:
    mailed(NOW, status="dead_letter")
    mailed(NOW)

    counting.count(NOW)

    found = counters.read([], [])
    assert (found.counts, found.counted_at) == ({"dead": 1}, NOW)


def test_no_more_is_counted_than_a_list_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "MOST_COUNTED", 2)
    for _ in range(3):
        mailed(NOW, status="dead_letter")

    assert DEAD.count(NOW) == 2


@pytest.mark.parametrize("minutes", [0, 15, 30, 45])
def test_an_hour_may_begin_at_any_quarter_as_in_some_time_zones(minutes: int) -> None:
    begin = NOW.replace(hour=9, minute=0) + timedelta(minutes=minutes)
    mailed(begin)
    mailed(begin + HOUR - MINUTE)
    mailed(begin + HOUR)
    mailed(begin - MINUTE)

    counting.count(NOW)

    assert counters.read(["sent"], [TODAY]).numbers(SENT, begin, begin + HOUR) == [2]


def test_nothing_is_there_before_anything_was_counted() -> None:
    assert counters.read(["sent"], [TODAY]) == Counted()
    assert seen() == [None] * 24
    assert counters.quarter_of(NOW) == (14 * HOUR + 20 * MINUTE) // QUARTER


def test_each_call_that_is_refused_counts_not_only_the_first_of_its_window() -> None:
    before = seen_by_kind("192.0.2.77")
    limit = LIMITS["login"]
    for used in (limit.most + 1, limit.most + 2, limit.most + 3):
        limits.refusal(Usage(limit, "192.0.2.77", used, int(NOW.timestamp()) + 60, "a counter"))
    recorder.flush()

    assert seen_by_kind("192.0.2.77") - before == 3


def seen_by_kind(subject: str) -> int:
    found = collection("security_events").find({"subject": subject, "type": "rate_limited"}, limit=10)
    return sum(each["count"] for each in found)
