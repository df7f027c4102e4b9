"""Who is quicker: votes, guesses, admins who come back, members who leave.

Source: HTTP contract, section 18.
"""

from collections.abc import Callable
from functools import partial

import pytest

from families.actions import departing, recovering
from family_site.identity.actions import disabling
from ops import clock
from ops.errors import ConflictError, DomainError
from ops.mongo.collections import Document
from tests.database import audit, documents
from tests.factories import Person
from tests.families.orphaned import (
    WHY,
    Orphaned,
    code_of,
    codes,
    orphaned,
    recovery_of,
    told,
    tries_of,
    wrong_code,
)
from tests.races import at_once
from tests.world import TESTS

pytestmark = pytest.mark.race


def ends(*calls: Callable[[], object]) -> list[str]:
    """Run all at once; return ``done``, or the reason or code of the refusal of each."""

    def end(call: Callable[[], object]) -> str:
        try:
            call()
        except ConflictError:
            return end(call)
        except DomainError as error:
            return str(dict(error.details).get("reason", error.code))  # type: ignore[arg-type]  # none is a list
        return "done"

    return at_once([partial(end, call) for call in calls])


def vote(person: Person, recovery: Document, code: str | None = None) -> Callable[[], object]:
    code = code or code_of(person)
    return partial(recovering.verify, recovery["_id"], code, actor=person.actor, now=clock.now())


def switch(person: Person, *, active: bool) -> Callable[[], object]:
    act = disabling.enable if active else disabling.disable
    return partial(act, person.id, actor=TESTS, now=clock.now(), reason="for a test")


def working(family: Orphaned) -> list[str]:
    """Return the ids of the admins who can sign in."""
    active = {each["_id"] for each in documents("users")["users"] if each["is_active"]}
    return [each for each in family.stored()["admin_user_ids"] if each in active]


def test_votes_at_once_promote_one() -> None:
    family = orphaned(4, ready=[3])
    recovery = family.begun()

    ended = ends(*[vote(each, recovery) for each in family.members])

    assert sorted(ended) == ["done", "done", "done", "not_pending"]
    assert working(family) == [family.members[3].id]
    assert len(audit("recovery.completed")) == 1
    assert len(audit("recovery.verified")) == 2
    notices = [each["type"] for each in documents("notifications")["notifications"]]
    assert notices.count("recovery_completed") == 5


def test_the_two_votes_that_are_needed_promote_one() -> None:
    family = orphaned(2)
    recovery = family.begun()

    ended = ends(*[vote(each, recovery) for each in family.members])

    assert ended == ["done", "done"]
    assert working(family) == [family.members[0].id]
    assert recovery_of(recovery)["status"] == "completed"


def test_the_same_vote_sent_eight_times_counts_once() -> None:
    family = orphaned(3)
    recovery = family.begun()

    ended = ends(*[vote(family.members[0], recovery)] * 8)

    assert sorted(ended) == ["already_voted"] * 7 + ["done"]
    assert len(audit("recovery.verified")) == 1


def test_of_twenty_wrong_guesses_five_are_told_that_they_are_wrong() -> None:
    family = orphaned(2)
    recovery, guesser = family.begun(), family.members[0]

    ended = ends(*[vote(guesser, recovery, wrong_code(guesser))] * 20)

    assert sorted(ended) == ["no_tries_left"] * 15 + ["wrong_code"] * 5
    assert tries_of(guesser, recovery) == 0


def test_the_right_code_among_wrong_ones_counts_or_comes_too_late() -> None:
    family = orphaned(2)
    recovery, guesser = family.begun(), family.members[0]
    wrong = vote(guesser, recovery, wrong_code(guesser))

    ended = ends(*[wrong] * 6, vote(guesser, recovery), *[wrong] * 6)

    (voter,) = [each for each in recovery_of(recovery)["voters"] if each["user_id"] == guesser.id]
    has_voted = ended[6] == "done"
    assert ended.count("wrong_code") == 5 - voter["tries_left"]
    assert (voter["voted_at"] is not None) == has_voted
    assert has_voted or ended[6] == "no_tries_left"
    assert has_voted or voter["tries_left"] == 0


def test_the_last_vote_against_the_admin_who_comes_back() -> None:
    family = orphaned(2)
    recovery = family.begun()
    first, second = family.members
    vote(first, recovery)()

    voted, enabled = ends(vote(second, recovery), switch(family.admin, active=True))

    assert (voted, enabled, recovery_of(recovery)["status"]) in {
        ("done", "done", "completed"),
        ("not_pending", "done", "cancelled"),
    }
    promoted = [first.id] if voted == "done" else []
    assert working(family) == [family.admin.id, *promoted]
    assert bool(told("recovery_cancelled")) == (voted != "done")
    assert bool(told("recovery_completed")) == (voted == "done")


def test_beginning_against_the_admin_who_comes_back() -> None:
    family = orphaned(2)
    begin = partial(recovering.initiate, family.id, WHY, actor=family.members[0].actor, now=clock.now())

    begun, enabled = ends(begin, switch(family.admin, active=True))

    statuses = [each["status"] for each in documents("recoveries")["recoveries"]]
    assert (begun, enabled, statuses) in [
        ("done", "done", ["cancelled"]),
        ("working_admin", "done", []),
    ]
    assert codes() == {}


def test_the_last_vote_against_the_departure_of_who_voted_before() -> None:
    family = orphaned(3)
    recovery = family.begun()
    first, second, _ = family.members
    vote(first, recovery)()
    leave = partial(departing.leave, family.id, actor=first.actor, now=clock.now())

    voted, left = ends(vote(second, recovery), leave)

    # Either both votes counted and the first became an admin, who then cannot go or leaves as the last one;
    # or the first had left, and one vote is not enough.
    assert voted == "done"
    kept = recovery_of(recovery)["status"]
    if kept == "completed":
        assert working(family) == [first.id]
        assert left == "MULTIPLE_ADMINS_REQUIRED"
    else:
        assert (kept, left, working(family)) == ("pending_verification", "done", [])


def test_a_vote_against_ones_own_departure() -> None:
    family = orphaned(3)
    recovery = family.begun()
    first = family.members[0]
    leave = partial(departing.leave, family.id, actor=first.actor, now=clock.now())

    voted, left = ends(vote(first, recovery), leave)

    assert left == "done"
    assert voted in {"done", "NOT_FOUND"}
    second, third = family.members[1:]
    vote(second, recovery)()
    assert recovery_of(recovery)["status"] == "pending_verification"
    vote(third, recovery)()
    assert working(family) == [second.id]


def test_the_heir_is_not_disabled_at_the_moment_of_the_promotion() -> None:
    family = orphaned(3, ready=[2])
    recovery = family.begun()
    first, second, heir = family.members
    vote(first, recovery)()

    voted, disabled = ends(vote(second, recovery), switch(heir, active=False))

    assert (voted, disabled) == ("done", "done")
    promoted = recovery_of(recovery)["promoted_user_id"]
    assert promoted in {heir.id, first.id}
    (entry,) = audit("recovery.completed")
    (gone,) = [each for each in audit("user.disabled") if each["target"] == heir.id]
    # Promoted before they were disabled, or passed over since they were.
    assert working(family) == ([first.id] if promoted == first.id else [])
    assert entry["after"]["promoted_user_id"] == promoted
    assert gone["after"]["is_active"] is False


def test_of_eight_who_begin_one_makes_the_recovery() -> None:
    family = orphaned(4)
    calls = [
        partial(recovering.initiate, family.id, WHY, actor=each.actor, now=clock.now())
        for each in [*family.members, *family.members]
    ]

    ended = ends(*calls)

    assert ended == ["done"] * 8
    assert len(documents("recoveries")["recoveries"]) == 1
    assert len(codes()) == 4
    assert len(audit("recovery.initiated")) == 1


def test_two_who_begin_after_one_has_expired_make_one() -> None:
    family = orphaned(2)
    old = family.begun()
    later = old["expires_at"]
    calls = [
        partial(recovering.initiate, family.id, WHY, actor=each.actor, now=later) for each in family.members
    ]

    assert ends(*calls) == ["done", "done"]

    statuses = sorted(each["status"] for each in documents("recoveries")["recoveries"])
    assert statuses == ["expired", "pending_verification"]
