"""Limits and what they mean, without a database. Source: HTTP contract, section 7."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from families.rules import dates, limits
from families.rules.limits import Advice, Coming, FamilyUse, LimitType, Recommendation, Status

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEFAULT = None


class Setting(NamedTuple):
    """Staff set a limit at an hour; the new number holds so many hours later, or at once."""

    kind: LimitType
    limit: int
    hour: int
    waits: int


SETTINGS = st.lists(
    st.builds(
        Setting, st.sampled_from(LimitType), st.integers(0, 9), st.integers(0, 40), st.integers(-5, 20)
    ),
    max_size=8,
).map(lambda made: sorted(made, key=lambda each: each.hour))


def expected(kind: LimitType, settings: list[Setting], hour: int) -> int | None:
    """Say it plainly: the last wish holds from its time on; before, what held when it was wished."""
    wishes = [each for each in settings if each.kind == kind and each.hour <= hour]
    if not wishes:
        return DEFAULT
    last = wishes[-1]
    if hour >= last.hour + last.waits:
        return last.limit
    return expected(kind, wishes[:-1], last.hour)


def moment(hour: int) -> datetime:
    return START + hour * HOUR


def stored(settings: list[Setting]) -> tuple[dict[str, Any], dict[str, Any]]:
    numbers: dict[str, Any] = {}
    grace: dict[str, Any] = {}
    for each in settings:
        new = Coming(each.limit, moment(each.hour), moment(each.hour + each.waits))
        numbers, grace = limits.changed(numbers, grace, {each.kind: new}, moment(each.hour))
    return numbers, grace


@given(settings=SETTINGS, later=st.integers(0, 40))
def test_what_holds_is_what_held_when_the_last_wish_came_until_its_time_is_there(
    settings: list[Setting], later: int
) -> None:
    numbers, grace = stored(settings)
    hour = (settings[-1].hour if settings else 0) + later

    for kind in LimitType:
        assert limits.held(numbers, grace, kind, moment(hour)) == expected(kind, settings, hour)


@given(settings=SETTINGS, later=st.integers(0, 40))
def test_a_family_of_theirs_has_room_for_as_many_as_they_may_have_in_one(
    settings: list[Setting], later: int
) -> None:
    numbers, grace = stored(settings)
    now = moment((settings[-1].hour if settings else 0) + later)

    family = limits.of_family(numbers, grace)

    theirs = limits.held(family, family.get("grace"), LimitType.MEMBERS, now)
    assert theirs == limits.held(numbers, grace, LimitType.MEMBERS, now)


@given(settings=SETTINGS)
def test_what_is_still_to_come_is_told_until_it_holds(settings: list[Setting]) -> None:
    numbers, grace = stored(settings)
    for kind in LimitType:
        wishes = [each for each in settings if each.kind == kind]
        pending = wishes[-1] if wishes and wishes[-1].waits > 0 else None
        hour = wishes[-1].hour if wishes else 0

        told = limits.coming(grace, kind, moment(hour))

        assert (told and told.limit) == (pending and pending.limit)
        if told:
            assert limits.coming(grace, kind, told.ends_at) is None
            assert limits.held(numbers, grace, kind, told.ends_at) == told.limit
            before = limits.held(numbers, grace, kind, told.ends_at - timedelta(milliseconds=1))
            assert before == expected(kind, wishes[:-1], hour)


@pytest.mark.parametrize(
    ("current", "allowed", "percentage", "at", "over"),
    [
        (0, 3, 0.0, False, False),
        (1, 3, 33.33, False, False),
        (3, 3, 100.0, True, False),
        (4, 3, 133.33, True, True),
        (0, 0, 100.0, True, False),
        (2, 0, 100.0, True, True),
    ],
)
def test_how_much_of_a_limit_is_used(
    *, current: int, allowed: int, percentage: float, at: bool, over: bool
) -> None:
    status = Status(LimitType.FAMILIES, current, allowed)

    assert (status.percentage, status.is_at_limit, status.is_over_limit) == (percentage, at, over)


def family(members: int, pending: int, limit: int, *, is_mine: bool = True) -> FamilyUse:
    return FamilyUse("fam_1", "Larks", members, pending, limit, is_mine)


def test_who_is_within_all_limits_is_advised_nothing() -> None:
    statuses = [Status(LimitType.FAMILIES, 2, 3), Status(LimitType.MEMBERSHIPS, 9, 10)]

    assert limits.advice(statuses, [family(3, 1, 5)]) == []


def test_advice_says_why() -> None:
    lower = Coming(1, START, START + HOUR)
    statuses = [
        Status(LimitType.FAMILIES, 3, 2),
        Status(LimitType.MEMBERSHIPS, 10, 10),
        Status(LimitType.MEMBERS, 4, 5, lower),
    ]

    assert limits.advice(statuses) == [
        Recommendation(
            Advice.REDUCE,
            LimitType.FAMILIES,
            None,
            "3 of 2 families founded are in use, 1 too many: none is taken away, and none can be added.",
        ),
        Recommendation(
            Advice.ASK_FOR_MORE,
            LimitType.MEMBERSHIPS,
            None,
            "10 of 10 memberships are in use: none can be added.",
        ),
        Recommendation(
            Advice.PREPARE,
            LimitType.MEMBERS,
            None,
            "From 2026-03-01 on the limit is 1, and 4 places of the fullest family founded are in use.",
        ),
    ]


@pytest.mark.parametrize("limit", [4, 9])
def test_a_limit_to_come_that_takes_nothing_away_is_no_reason_to_prepare(limit: int) -> None:
    coming = Coming(limit, START, START + HOUR)

    assert limits.advice([Status(LimitType.MEMBERS, 4, 5, coming)]) == []


@pytest.mark.parametrize(
    ("use", "action", "message"),
    [
        (
            family(4, 1, 5),
            Advice.ASK_FOR_MORE,
            "Larks: 4 members and 1 invited take all of its 5 places.",
        ),
        (
            family(6, 1, 5),
            Advice.REDUCE,
            "Larks: 6 members and 1 invited are 2 more than its 5 places.",
        ),
    ],
)
def test_of_a_full_family_its_admins_are_advised_and_nobody_else(
    use: FamilyUse, action: Advice, message: str
) -> None:
    assert limits.about_family(use) == [Recommendation(action, LimitType.MEMBERS, "fam_1", message)]

    assert limits.about_family(family(use.members, use.pending, use.limit, is_mine=False)) == []


def test_growth_is_a_matter_only_of_limits_that_are_nearly_reached() -> None:
    statuses = [
        Status(LimitType.FAMILIES, 3, 3),
        Status(LimitType.MEMBERSHIPS, 8, 10),
        Status(LimitType.MEMBERS, 3, 5),
    ]

    assert limits.about_growth(statuses) == [
        Recommendation(
            Advice.PLAN_AHEAD,
            LimitType.MEMBERSHIPS,
            None,
            "Use grows, and 8 of 10 memberships are in use.",
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-2-3",
        "20260203",
        "2026-W06-2",
        "0000-01-01",
        "\uff12\uff10\uff12\uff16-02-03",
        "",
        "2026-02-03 ",
    ],
)
def test_what_is_no_day_is_told(text: str) -> None:
    fault = dates.date_fault(text)

    assert fault is not None
    assert fault.code == "invalid_format"


@pytest.mark.parametrize("text", ["2026-02-03", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_day_is_a_day(text: str) -> None:
    assert dates.date_fault(text) is None


def test_behind_the_end_of_the_calendar_there_is_only_its_end() -> None:
    assert dates.later(START, 365) == START + timedelta(days=365)
    assert dates.later(dates.LAST - timedelta(days=1), 365) == dates.LAST
