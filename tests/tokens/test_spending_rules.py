"""Who may spend what, by property. Source: HTTP contract, sections 8 (roles) and 18 (rules 3 and 4)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokens.errors import (
    AccountClosedError,
    AccountFrozenError,
    InsufficientBalanceError,
    NoSpendingPermissionError,
    SpendingLimitExceededError,
)
from tokens.rules.refusals import reasons_of, refused
from tokens.rules.spending import (
    Question,
    after_spend,
    available,
    decide,
    next_at,
    period_key,
    remaining,
    spent,
)

MOST = 10**12
ORDER = ["state", "permission", "limit", "period", "balance"]
# Few different ones, so that bounds are met exactly.
AMOUNTS = st.sampled_from([1, 2, 5, 9, 10, 11, MOST])
LIMITS = st.sampled_from([-1, 0, 1, 5, 10, MOST])
PERIODS = st.sampled_from(["day", "week", "month"])
MOMENTS = st.datetimes(datetime(2026, 12, 20), datetime(2027, 1, 20), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is drawn
ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
# An hour to either side of where days, ISO weeks, months and years begin.
EDGES = st.sampled_from([datetime(2026, 12, 28, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)])
NEAR = st.builds(lambda edge, hours: edge + timedelta(hours=hours), EDGES, st.integers(-2, 2))


@st.composite
def holders(draw: st.DrawFn) -> dict[str, Any]:
    period, limit = draw(PERIODS), draw(LIMITS)
    total = {"key": period_key(period, draw(NEAR)), "spent": draw(st.integers(0, 12))}
    return {
        "user_id": "user_1",
        "role": draw(st.sampled_from(["manager", "spender", "viewer"])),
        "can_spend": draw(st.booleans()) or draw(st.booleans()),
        "spending_limit": draw(LIMITS),
        "period_limit": draw(st.sampled_from([None, {"period": period, "limit": limit}])),
        "period": draw(st.sampled_from([None, total])),
        "active": draw(st.sampled_from([True, True, True, False])),
    }


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    frozen = {"by": "user_9", "at": draw(NEAR), "by_name": "wren", "by_staff": False, "reason": "lost"}
    status = draw(st.sampled_from(["active", "active", "active", "frozen", "closed"]))
    return {
        "status": status,
        "freeze": frozen if status == "frozen" else None,
        "balance": draw(st.sampled_from([0, 1, 5, 10, 11, 10**15])),
        "last_at": draw(st.none() | NEAR),
        "holders": draw(st.lists(holders(), max_size=1)),
    }


@given(accounts(), NEAR, AMOUNTS)
def test_so_much_is_available_as_a_spend_is_decided_for(
    account: dict[str, Any], now: datetime, amount: int
) -> None:
    most = available(account, "user_1", now)

    assert most >= 0
    assert (decide(account, "user_1", amount, now).refusal is None) == (amount <= most)


@given(accounts(), NEAR)
def test_what_is_available_is_below_every_bound(account: dict[str, Any], now: datetime) -> None:
    most = available(account, "user_1", now)

    if most == 0:
        return
    (holder,) = account["holders"]
    left = remaining(holder, next_at(account, now))
    assert (account["status"], holder["can_spend"], holder["active"]) == ("active", True, True)
    assert most <= account["balance"]
    assert holder["spending_limit"] == -1 or most <= holder["spending_limit"]
    assert left is None or most <= left
    assert most in {account["balance"], holder["spending_limit"], left}


@given(accounts(), NEAR, AMOUNTS)
def test_questions_are_asked_in_their_order_and_the_first_no_decides(
    account: dict[str, Any], now: datetime, amount: int
) -> None:
    decision = decide(account, "user_1", amount, now)

    asked = [str(each.question) for each in decision.reasons]
    assert asked == [each for each in ORDER if each != "period" or "period" in asked]
    if decision.refusal is None:
        assert all(each.passed for each in decision.reasons)
    else:
        place = decision.reasons.index(decision.refusal)
        assert all(each.passed for each in decision.reasons[:place])


@given(accounts(), NEAR, AMOUNTS)
def test_the_refusal_tells_what_decided(account: dict[str, Any], now: datetime, amount: int) -> None:
    decision = decide(account, "user_1", amount, now)
    assume(decision.refusal is not None)
    assert decision.refusal is not None

    refusal = refused(account, decision)

    kinds: dict[Question, Any] = {
        Question.STATE: AccountFrozenError if account["status"] == "frozen" else AccountClosedError,
        Question.PERMISSION: NoSpendingPermissionError,
        Question.LIMIT: SpendingLimitExceededError,
        Question.PERIOD: SpendingLimitExceededError,
        Question.BALANCE: InsufficientBalanceError,
    }
    assert type(refusal) is kinds[decision.refusal.question]
    if not isinstance(refusal, AccountClosedError):
        assert isinstance(refusal.details, dict)
        assert refusal.details["reasons"] == reasons_of(decision)


def test_what_was_not_decided_against_is_no_refusal() -> None:
    account = _account(_holder())

    with pytest.raises(ValueError, match="not decided against"):
        refused(account, decide(account, "user_1", 1, datetime(2027, 1, 1, tzinfo=UTC)))


@given(st.sampled_from([-1, 0, 1]), AMOUNTS)
def test_minus_one_is_no_limit_and_nought_lets_nothing_pass(limit: int, amount: int) -> None:
    for holder in (_holder(spending_limit=limit), _holder(period_limit={"period": "day", "limit": limit})):
        decision = decide(_account(holder), "user_1", amount, datetime(2027, 1, 1, tzinfo=UTC))

        assert (decision.refusal is None) == (limit == -1 or amount <= limit)


@given(PERIODS, MOMENTS, ZONES)
def test_a_period_is_of_utc_whatever_the_zone(period: str, moment: datetime, zone: timezone) -> None:
    assert period_key(period, moment.astimezone(zone)) == period_key(period, moment)


@given(PERIODS, MOMENTS, MOMENTS)
def test_names_of_periods_come_in_the_order_of_time(period: str, one: datetime, other: datetime) -> None:
    first, second = sorted([one, other])

    assert period_key(period, first) <= period_key(period, second)
    if period == "day":
        assert (period_key(period, first) == period_key(period, second)) == (first.date() == second.date())


@pytest.mark.parametrize(
    ("moment", "day", "week", "month"),
    [
        ("2026-12-27T23:59:59.999+00:00", "2026-12-27", "2026-W52", "2026-12"),
        ("2026-12-28T00:00:00+00:00", "2026-12-28", "2026-W53", "2026-12"),
        ("2027-01-01T00:00:00+00:00", "2027-01-01", "2026-W53", "2027-01"),
        ("2027-01-03T23:59:59+00:00", "2027-01-03", "2026-W53", "2027-01"),
        ("2027-01-04T00:00:00+00:00", "2027-01-04", "2027-W01", "2027-01"),
        ("2024-12-30T00:00:00+00:00", "2024-12-30", "2025-W01", "2024-12"),
        ("2027-01-04T01:00:00+02:00", "2027-01-03", "2026-W53", "2027-01"),
    ],
)
def test_an_iso_week_goes_on_over_new_year(moment: str, day: str, week: str, month: str) -> None:
    at = datetime.fromisoformat(moment)

    assert [period_key(each, at) for each in ("day", "week", "month")] == [day, week, month]


@given(PERIODS, st.lists(st.tuples(NEAR, AMOUNTS), max_size=12))
def test_running_totals_never_pass_the_limit_in_whatever_order_spends_come(
    period: str, spends: list[tuple[datetime, int]]
) -> None:
    """Clocks of servers differ, and a unit that runs again is late: spends come against the time."""
    limit = 10
    account = _account(_holder(period_limit={"period": period, "limit": limit}))
    made: dict[str, int] = {}

    for now, amount in spends:
        if decide(account, "user_1", amount, now).refusal is None:
            moment = next_at(account, now)
            holder = account["holders"][0]
            holder["period"] = after_spend(holder, amount, moment)
            account["last_at"] = moment
            key = period_key(period, moment)
            made[key] = made.get(key, 0) + amount
            assert spent(holder, moment) == made[key]

    assert all(each <= limit for each in made.values())


def _holder(**rights: Any) -> dict[str, Any]:
    base = {"user_id": "user_1", "role": "spender", "can_spend": True, "spending_limit": -1, "active": True}
    return {**base, "period_limit": None, "period": None, **rights}


def _account(*held_by: dict[str, Any]) -> dict[str, Any]:
    return {"status": "active", "freeze": None, "balance": 10**15, "last_at": None, "holders": list(held_by)}
