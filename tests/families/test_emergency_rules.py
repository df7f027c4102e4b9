"""Who votes on opening an account, and what their votes decide. Source: HTTP contract, section 10."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from families.rules import emergency as rules
from families.rules.emergency import EmergencyStatus, Vote

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FREEZE = {"by": "user_a", "at": NOW - timedelta(hours=1)}
OTHER = {"by": "user_a", "at": NOW}
# What the voters beside the one who asked mean to do, if it is not decided before; ``None``: nothing.
INTENTIONS = st.lists(st.sampled_from([Vote.APPROVAL, Vote.REJECTION, None]), min_size=1, max_size=9)


def electorate(voters: int) -> list[dict[str, Any]]:
    """Return so many voters, of whom the first has asked for it."""
    blank = rules.voters_of([f"user_{number}" for number in range(voters)], freezer="user_a")
    return rules.with_vote(blank, "user_0", Vote.APPROVAL, now=NOW)


def emergency(**fields: Any) -> dict[str, Any]:
    return {"status": "pending", "expires_at": NOW + timedelta(hours=1), "freeze": FREEZE, **fields}


def decided(intentions: list[Vote | None], order: list[int]) -> EmergencyStatus:
    """Let them vote in an order, each as long as it is not decided."""
    voters = electorate(len(intentions) + 1)
    required = rules.required_approvals(len(voters))
    for number in order:
        vote = intentions[number]
        if vote is not None and rules.outcome(voters, required) == EmergencyStatus.PENDING:
            voters = rules.with_vote(voters, f"user_{number + 1}", vote, now=NOW)
    return rules.outcome(voters, required)


@pytest.mark.parametrize(
    ("voters", "required"),
    [(2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (8, 5), (9, 5), (10, 6), (500, 251)],
)
def test_how_many_must_approve(voters: int, required: int) -> None:
    assert rules.required_approvals(voters) == required


@given(INTENTIONS, st.randoms(use_true_random=False))
def test_the_order_of_the_votes_decides_nothing(intentions: list[Vote | None], random: Any) -> None:
    order = list(range(len(intentions)))
    random.shuffle(order)

    found = decided(intentions, order)

    voters = len(intentions) + 1
    required = rules.required_approvals(voters)
    if intentions.count(Vote.APPROVAL) + 1 >= required:
        expected = EmergencyStatus.EXECUTED
    elif voters - intentions.count(Vote.REJECTION) < required:
        expected = EmergencyStatus.REJECTED
    else:
        expected = EmergencyStatus.PENDING
    assert found == expected


@given(st.integers(2, 60))
def test_whoever_asks_cannot_open_it_alone_and_all_together_can(number: int) -> None:
    voters, required = electorate(number), rules.required_approvals(number)
    assert rules.outcome(voters, required) == EmergencyStatus.PENDING

    for each in voters[1:]:
        voters = rules.with_vote(voters, each["user_id"], Vote.APPROVAL, now=NOW)

    assert rules.outcome(voters, required) == EmergencyStatus.EXECUTED


@given(st.integers(2, 60))
def test_as_many_rejections_as_approvals_are_required_always_end_it(number: int) -> None:
    voters, required = electorate(number), rules.required_approvals(number)

    for each in [f"user_{number - 1 - place}" for place in range(required)]:
        voters = rules.with_vote(voters, each, Vote.REJECTION, now=NOW)

    assert rules.outcome(voters, required) == EmergencyStatus.REJECTED


@given(INTENTIONS, st.sets(st.integers(0, 9)))
def test_who_has_left_counts_neither_as_voted_nor_as_able_to(
    intentions: list[Vote | None], left: set[int]
) -> None:
    voters = electorate(len(intentions) + 1)
    required = rules.required_approvals(len(voters))
    for number, vote in enumerate(intentions, start=1):
        if vote:
            voters = rules.with_vote(voters, f"user_{number}", vote, now=NOW)
    for number in left:
        voters = rules.without(voters, f"user_{number}", now=NOW)

    votes = [Vote.APPROVAL, *intentions]
    counting = [vote for number, vote in enumerate(votes) if number not in left]
    approvals, undecided = counting.count(Vote.APPROVAL), counting.count(None)
    assert (rules.number_of(voters, Vote.APPROVAL), rules.number_of(voters, None)) == (approvals, undecided)
    assert (rules.outcome(voters, required) == EmergencyStatus.EXECUTED) == (approvals >= required)
    assert (rules.outcome(voters, required) == EmergencyStatus.REJECTED) == (approvals + undecided < required)


def test_everybody_votes_but_who_froze_it() -> None:
    voters = rules.voters_of(["user_a", "user_b", "user_c"], freezer="user_b")

    assert [each["user_id"] for each in voters] == ["user_a", "user_c"]
    assert rules.voter_of(voters, "user_b") is None
    assert rules.voter_of(voters, "user_c") == voters[1]
    assert rules.voter_of(rules.without(voters, "user_c", now=NOW), "user_c") is None


@pytest.mark.parametrize(
    ("status", "freeze", "left", "found"),
    [
        ("pending", FREEZE, 1, "pending"),
        ("pending", FREEZE, 0, "expired"),
        ("pending", FREEZE, -1, "expired"),
        ("pending", None, 1, "superseded"),
        ("pending", OTHER, 1, "superseded"),
        ("pending", FREEZE | {"by": "user_b"}, 1, "superseded"),
        # Time had ended it before.
        ("pending", OTHER, 0, "expired"),
        ("executed", None, -1, "executed"),
        ("rejected", FREEZE, -1, "rejected"),
        ("superseded", OTHER, -1, "superseded"),
        ("expired", FREEZE, -1, "expired"),
    ],
)
def test_how_it_stands_at_a_moment(status: str, freeze: Any, left: int, found: str) -> None:
    document = emergency(status=status, expires_at=NOW + timedelta(milliseconds=left))

    assert rules.status_at(document, freeze, NOW) == found


@pytest.mark.parametrize(
    ("freeze", "voters", "is_open", "refusal"),
    [
        (None, 5, False, "not_frozen"),
        (FREEZE, 5, True, "already_open"),
        (FREEZE, 1, False, "too_few_voters"),
        (FREEZE, 0, False, "too_few_voters"),
        (FREEZE, 2, False, None),
    ],
)
def test_why_no_vote_begins(freeze: Any, voters: int, is_open: bool, refusal: str | None) -> None:  # noqa: FBT001  # a column
    blank = rules.voters_of([f"user_{number}" for number in range(voters)], freezer="user_a")

    assert rules.refusal_to_request(freeze, blank, is_open=is_open) == refusal


@pytest.mark.parametrize(
    ("status", "vote", "refusal"),
    [
        ("pending", None, None),
        ("pending", "rejection", "already_voted"),
        ("expired", None, "expired"),
        ("expired", "approval", "expired"),
        ("executed", "approval", "not_pending"),
        ("rejected", None, "not_pending"),
        ("superseded", None, "not_pending"),
    ],
)
def test_why_a_vote_does_not_count(status: str, vote: str | None, refusal: str | None) -> None:
    assert rules.refusal_to_vote(EmergencyStatus(status), {"vote": vote}) == refusal


@pytest.mark.parametrize(
    ("status", "found"), [("frozen", {"by": "user_a", "at": NOW}), ("active", None), ("closed", None)]
)
def test_which_freeze_an_account_is_under(status: str, found: Any) -> None:
    freeze = {"by": "user_a", "by_name": "ada", "by_staff": False, "at": NOW, "reason": "to look at it"}

    assert rules.standing_freeze({"status": status, "freeze": freeze}) == found
