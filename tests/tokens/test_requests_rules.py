"""How a request stands, and what is approved by itself. Source: HTTP contract, section 9."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.rules.requests import (
    Policy,
    RequestStatus,
    Waiting,
    host_of,
    is_over,
    is_self_approval,
    link_fault,
    refusal_to_auto_approve,
    sentence,
    status_at,
)

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
AMOUNTS = st.integers(min_value=1, max_value=50)
TOTALS = st.integers(min_value=0, max_value=50)


def account(balance: int, status: str = "active") -> dict[str, Any]:
    return {"balance": balance, "status": status, "freeze": None}


def request(status: str) -> dict[str, Any]:
    return {"status": status, "expires_at": NOON, "requester_id": "user_a"}


@given(AMOUNTS, TOTALS, TOTALS, TOTALS, TOTALS, st.sampled_from(["active", "frozen", "closed"]))
def test_only_what_all_four_allow_is_approved_by_itself(  # noqa: PLR0913, PLR0917  # what it rests on
    amount: int, threshold: int, cap: int, today: int, balance: int, status: str
) -> None:
    because = refusal_to_auto_approve(account(balance, status), amount, Policy(threshold, cap), today)

    allowed = threshold > 0 and amount <= threshold and status == "active"
    allowed = allowed and amount <= balance and today + amount <= cap
    assert (because is None) == allowed


@pytest.mark.parametrize(
    ("threshold", "status", "balance", "today", "because"),
    [
        (0, "frozen", 0, 9, Waiting.OFF),
        (4, "frozen", 0, 9, Waiting.ABOVE),
        (9, "frozen", 0, 9, Waiting.NOT_ACTIVE),
        (9, "active", 4, 9, Waiting.SHORT),
        (9, "active", 5, 5, Waiting.CAP),
        (5, "active", 5, 4, None),
    ],
)
def test_the_first_that_is_in_the_way_is_told(
    threshold: int, status: str, balance: int, today: int, because: Waiting | None
) -> None:
    found = refusal_to_auto_approve(account(balance, status), 5, Policy(threshold, 9), today)

    assert found == because


@pytest.mark.parametrize("because", Waiting)
def test_every_reason_to_wait_has_its_sentence(because: Waiting) -> None:
    facts = {"threshold": 3, "daily_cap": 1000, "approved_today": 996, "balance": 4, "status": "frozen"}

    said = sentence({"because": str(because), **facts}, 5)

    assert (
        said
        == {
            Waiting.OFF: "The family approves nothing by itself: its threshold is 0.",
            Waiting.ABOVE: "5 is above the family's threshold of 3.",
            Waiting.NOT_ACTIVE: "The account was frozen, not active.",
            Waiting.SHORT: "There were 4 tokens on the account, too few for 5.",
            Waiting.CAP: "996 of 1,000 a day were approved by themselves already; with 5 it would be more.",
        }[because]
    )


def test_a_request_expires_at_its_very_second() -> None:
    waiting = request("pending")

    assert status_at(waiting, NOON - MOMENT) == RequestStatus.PENDING
    assert status_at(waiting, NOON) == RequestStatus.EXPIRED
    assert (is_over(waiting, NOON - MOMENT), is_over(waiting, NOON)) == (False, True)


@pytest.mark.parametrize("status", [each for each in RequestStatus if each != RequestStatus.PENDING])
def test_what_has_ended_stays_as_it_ended(status: RequestStatus) -> None:
    assert status_at(request(str(status)), NOON + timedelta(days=9)) == status
    assert is_over(request(str(status)), NOON) == (status == RequestStatus.EXPIRED)
    # Marked by a clock that is ahead: somebody else was quicker, it is not gone.
    assert not is_over(request(str(status)), NOON - MOMENT)


@pytest.mark.parametrize(
    ("reviewer", "working", "forbidden"),
    [
        ("user_a", [], False),
        ("user_a", ["user_a"], False),
        ("user_a", ["user_a", "user_b"], True),
        ("user_a", ["user_b"], True),
        ("user_b", ["user_a", "user_b"], False),
    ],
)
def test_an_own_request_is_approved_only_by_who_is_alone(
    reviewer: str,
    working: list[str],
    forbidden: bool,  # noqa: FBT001  # as it is parametrized
) -> None:
    assert is_self_approval(request("pending"), reviewer, working) == forbidden


@given(st.text(max_size=30))
def test_any_text_is_a_link_or_none(text: str) -> None:
    fault = link_fault(f"https://shop.example/{text}")

    assert fault is None or fault.code == "invalid_format"


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://shop.example", "shop.example"),
        ("https://SHOP.example:8443/a?b=c#d", "shop.example"),
        ("https://[::1]/a", "::1"),
    ],
)
def test_a_link_is_shown_with_its_host(link: str, host: str) -> None:
    assert link_fault(link) is None
    assert host_of(link) == host
