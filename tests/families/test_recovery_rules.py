"""Who must verify, who is promoted, what counts. Source: HTTP contract, section 10."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from families.rules import recovery as rules

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PEOPLE = [f"user_{number}" for number in range(8)]
# Digits of Arabic, full width, and superscripts.
OF_OTHERS = ["\u0661\u0662\u0663\u0664\u0665\u0666", "\uff11\uff12\uff13\uff14\uff15\uff16", "\u00b2" * 6]
SUBSETS = st.sets(st.sampled_from(PEOPLE))


def member(user_id: str, *, joined: int = 0, backup: int | None = None) -> dict[str, Any]:
    """Return a member who joined so many days ago; ``backup``: their place among those who stand ready."""
    return {
        "user_id": user_id,
        "joined_at": NOW - timedelta(days=joined),
        "is_backup_admin": backup is not None,
        "backup_order": backup,
    }


def recovery(**fields: Any) -> dict[str, Any]:
    return {"status": "pending_verification", "expires_at": NOW + timedelta(hours=1), "voters": [], **fields}


def voter(user_id: str = "user_0", **fields: Any) -> dict[str, Any]:
    return {"user_id": user_id, "voted_at": None, "tries_left": 5, **fields}


@pytest.mark.parametrize(
    ("reachable", "required"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (8, 5), (500, 251)]
)
def test_how_many_must_verify(reachable: int, required: int) -> None:
    assert rules.required_verifications(reachable) == required


@given(st.integers(min_value=2, max_value=10_000))
def test_of_several_at_least_two_and_more_than_half_must_and_all_of_them_can(reachable: int) -> None:
    required = rules.required_verifications(reachable)

    assert 2 <= required <= reachable
    assert 2 * required > reachable
    # One fewer would not be more than half, or fewer than two.
    assert required == 2 or 2 * (required - 1) <= reachable


@given(
    st.lists(st.sampled_from(PEOPLE), unique=True, min_size=1),
    SUBSETS,
    st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 100)),
    st.randoms(use_true_random=False),
)
def test_the_heir_is_an_active_member_and_nobody_stands_before_them(
    ids: list[str], active: set[str], orders: dict[str, int], random: Any
) -> None:
    active |= {ids[0]}
    members = [member(each, joined=place, backup=orders.get(each)) for place, each in enumerate(ids)]
    random.shuffle(members)

    found = rules.heir(members, active)

    (heir,) = [each for each in members if each["user_id"] == found]
    others = [each for each in members if each["user_id"] in active]
    ready = [each for each in others if each["is_backup_admin"]]
    assert heir in others
    if ready:
        assert heir["backup_order"] == min(each["backup_order"] for each in ready)
    else:
        assert heir["joined_at"] == min(each["joined_at"] for each in others)


@given(SUBSETS, SUBSETS, SUBSETS, SUBSETS)
def test_votes_of_active_members_count_and_no_others(
    got: set[str], voted: set[str], members: set[str], active: set[str]
) -> None:
    voters = [voter(each, voted_at=NOW if each in voted else None) for each in got]
    family = [member(each) for each in members]

    assert rules.verifications(recovery(voters=voters), family, active) == len(got & voted & members & active)


@pytest.mark.parametrize(
    ("status", "left", "found"),
    [
        ("pending_verification", 1, "pending_verification"),
        ("pending_verification", 0, "expired"),
        ("pending_verification", -1, "expired"),
        ("completed", -1, "completed"),
        ("cancelled", -1, "cancelled"),
        ("expired", 1, "expired"),
    ],
)
def test_it_is_expired_from_the_very_moment_on_and_ends_once(status: str, left: int, found: str) -> None:
    expires_at = NOW + timedelta(milliseconds=left)

    assert rules.status_at(recovery(status=status, expires_at=expires_at), NOW) == found


@pytest.mark.parametrize(
    ("over", "fields", "refusal"),
    [
        (False, {}, None),
        (False, {"tries_left": 1}, None),
        (False, {"tries_left": 0}, "no_tries_left"),
        (False, {"voted_at": NOW, "tries_left": 0}, "already_voted"),
        (True, {}, "not_pending"),
        (True, {"voted_at": NOW}, "not_pending"),
    ],
)
def test_why_a_code_does_not_count(over: bool, fields: dict[str, Any], refusal: str | None) -> None:  # noqa: FBT001  # a column
    expires_at = NOW if over else NOW + timedelta(milliseconds=1)

    assert rules.refusal_to_verify(recovery(expires_at=expires_at), voter(**fields), NOW) == refusal


@given(SUBSETS, SUBSETS)
def test_who_is_listed_and_active_manages(admins: set[str], active: set[str]) -> None:
    assert set(rules.working_admins(sorted(admins), active)) == admins & active


@given(st.integers(0, 10**6 - 1))
def test_six_digits_are_a_code(number: int) -> None:
    assert rules.recovery_code_fault(f"{number:06}") is None


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "12 456", "-12345", *OF_OTHERS])
def test_nothing_else_is(text: str) -> None:
    fault = rules.recovery_code_fault(text)

    assert fault is not None
    assert fault.code == "invalid_format"
