"""What an invitation is at a moment, and what people are to each other, by property."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from families import rules as families
from families.invitations import rules
from families.invitations.rules import AnswerRefusal, InvitationStatus
from families.rules import RECIPROCALS, RelationshipType

BORN = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = BORN + rules.LIFE
MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
NAMES = st.text("abcdefghij", min_size=1, max_size=20)


def invitation(status: InvitationStatus, **more: Any) -> dict[str, Any]:
    # As the database has it: a plain string.
    return {"status": str(status), "expires_at": ENDS, "invitee_email": "o@example.com"} | more


@given(MOMENTS)
def test_a_pending_one_can_be_answered_until_the_very_second_of_its_end(now: datetime) -> None:
    expected = None if now < ENDS else AnswerRefusal.EXPIRED

    assert rules.refusal_to_answer(invitation(InvitationStatus.PENDING), now) == expected


@given(MOMENTS, st.sampled_from([each for each in InvitationStatus if each != InvitationStatus.PENDING]))
def test_what_has_ended_stays_so_whatever_the_time(now: datetime, status: InvitationStatus) -> None:
    ended = invitation(status)

    assert rules.status_at(ended, now) == status
    assert rules.refusal_to_answer(ended, now) is not None


@given(MOMENTS, st.sampled_from(InvitationStatus))
def test_it_can_be_answered_exactly_while_it_is_pending(now: datetime, status: InvitationStatus) -> None:
    one = invitation(status)
    is_pending = rules.status_at(one, now) == InvitationStatus.PENDING

    assert (rules.refusal_to_answer(one, now) is None) == is_pending


def test_each_end_has_its_reason() -> None:
    reasons = {
        status: rules.refusal_to_answer(invitation(status), BORN)
        for status in InvitationStatus
        if status != InvitationStatus.PENDING
    }

    assert reasons == {
        "accepted": "answered",
        "declined": "answered",
        "cancelled": "cancelled",
        "expired": "expired",
    }


@given(NAMES, NAMES)
def test_the_hint_shows_one_letter_of_whom(local: str, domain: str) -> None:
    shown = rules.hint({"invitee_email": f"{local}@{domain}.example", "invitee_username": None})

    assert shown == f"{local[0]}…@{domain}.example"
    assert rules.hint({"invitee_email": None, "invitee_username": local}) == f"{local[0]}…"


def test_only_an_address_is_blanked() -> None:
    assert rules.blank_at(invitation(InvitationStatus.PENDING), ENDS) == ENDS + timedelta(days=30)
    assert rules.blank_at(invitation(InvitationStatus.PENDING, invitee_email=None), ENDS) is None


@given(NAMES, NAMES)
def test_an_address_and_a_user_are_never_taken_for_each_other(one: str, other: str) -> None:
    assert rules.address_key(one) != rules.user_key(other)
    assert (rules.user_key(one) == rules.user_key(other)) == (one == other)


@given(st.sampled_from(RelationshipType))
def test_a_relationship_seen_from_the_other_side_and_back_can_be_the_same(kind: RelationshipType) -> None:
    reverse = families.reciprocal(kind)

    assert kind in RECIPROCALS[reverse]
    assert all(kind in RECIPROCALS[each] for each in RECIPROCALS[kind])


@pytest.mark.parametrize(
    ("kind", "reverse"),
    [
        ("parent", "child"),
        ("child", "parent"),
        ("grandparent", "grandchild"),
        ("grandchild", "grandparent"),
        ("uncle", "nephew"),
        ("aunt", "niece"),
        ("nephew", "uncle"),
        ("niece", "aunt"),
        ("sibling", "sibling"),
        ("spouse", "spouse"),
        ("cousin", "cousin"),
    ],
)
def test_the_types_and_what_the_other_is_unless_said(kind: str, reverse: str) -> None:
    assert families.reciprocal(RelationshipType(kind)) == reverse
    assert families.relationship_type(kind.upper()) == kind


@given(st.text(max_size=20))
def test_no_other_word_is_a_type(word: str) -> None:
    found = families.relationship_type(word)

    assert (found is None) == (word.lower() not in set(RelationshipType))


@given(NAMES, NAMES)
def test_a_pair_is_the_same_in_either_order(one: str, other: str) -> None:
    assert families.pair_of(one, other) == families.pair_of(other, one)


@given(st.booleans(), st.booleans())
def test_admins_may_always_invite_members_where_they_are_let(is_admin: bool, lets: bool) -> None:  # noqa: FBT001  # drawn
    settings = {"allow_member_invites": True} if lets else {}

    assert families.may_invite(is_admin=is_admin, settings=settings) == (is_admin or lets)
