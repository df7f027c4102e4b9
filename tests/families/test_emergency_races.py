"""Who is quicker: votes on opening an account, its admin, who leaves, time.

Source: HTTP contract, section 18.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from families.actions import departing, emergencies, emergency_ends
from ops import clock
from ops.errors import ConflictError, DomainError
from ops.mongo.collections import Document
from tests.consistency import faults
from tests.database import audit, documents
from tests.factories import Person
from tests.families.frozen import WHY, Frozen, status_of, stored
from tests.families.household import ids, told
from tests.races import at_once
from tests.world import TESTS

pytestmark = pytest.mark.race(20)
Call = Callable[[], object]


def ends(*calls: Call) -> list[str]:
    """Run all at once; return ``done``, or the reason or code of the refusal of each."""

    def end(call: Call) -> str:
        while True:
            try:
                call()
            except ConflictError:
                continue
            except DomainError as error:
                return str(dict(error.details).get("reason", error.code))  # type: ignore[arg-type]  # none is a list
            return "done"

    found = at_once([partial(end, call) for call in calls])
    assert faults(clock.now()) == []
    return found


def approval(person: Person, emergency: Document, now: datetime | None = None) -> Call:
    return partial(emergencies.approve, emergency["_id"], actor=person.actor, now=now or clock.now())


def rejection(person: Person, emergency: Document) -> Call:
    return partial(emergencies.reject, emergency["_id"], None, actor=person.actor, now=clock.now())


def request(person: Person, family: Frozen) -> Call:
    return partial(emergencies.request, family.id, WHY, actor=person.actor, now=clock.now())


def departure(person: Person, family: Frozen) -> Call:
    return partial(departing.leave, family.id, actor=person.actor, now=clock.now())


def approved_by(emergency: Document) -> set[str]:
    """Return the ids of those whose approvals count."""
    voters = stored(emergency)["voters"]
    return {each["user_id"] for each in voters if each["vote"] == "approval" and each["left_at"] is None}


def test_two_last_votes_at_once_open_it_once() -> None:
    family = Frozen(3)
    emergency = family.begun()

    found = ends(*[approval(each, emergency) for each in family.members[1:]])

    assert sorted(found) == ["done", "not_pending"]
    assert not family.is_frozen
    assert len(audit("emergency_unfreeze.executed")) == 1
    assert told("emergency_unfreeze_executed") == ids(*family.people)
    assert len(approved_by(emergency)) == 2


def test_the_votes_that_are_needed_all_count() -> None:
    family = Frozen(4)
    emergency = family.begun()

    found = ends(*[approval(each, emergency) for each in family.members[1:3]])

    assert found == ["done", "done"]
    assert (status_of(emergency), family.is_frozen) == ("executed", False)


def test_the_same_vote_sent_eight_times_counts_once() -> None:
    family = Frozen(4)
    emergency = family.begun()

    found = ends(*[approval(family.members[1], emergency)] * 8)

    assert sorted(found) == ["already_voted"] * 7 + ["done"]
    assert (status_of(emergency), len(approved_by(emergency))) == ("pending", 2)


def test_of_eight_who_ask_one_begins_the_vote() -> None:
    family = Frozen(4)

    found = ends(*[request(each, family) for each in [*family.members, *family.members]])

    assert sorted(found) == ["already_open"] * 7 + ["done"]
    assert len(documents("emergency_unfreezes")["emergency_unfreezes"]) == 1
    assert len(audit("emergency_unfreeze.requested")) == 1


def test_the_last_vote_against_the_admin_who_opens_it() -> None:
    family = Frozen(2)
    emergency = family.begun()

    voted, opened = ends(approval(family.members[1], emergency), family.unfreeze)

    assert (voted, opened, status_of(emergency)) in {
        ("done", "ACCOUNT_FREEZE_FAILED", "executed"),
        ("not_pending", "done", "superseded"),
    }
    assert not family.is_frozen
    assert bool(told("emergency_unfreeze_executed")) == (voted == "done")
    assert bool(told("account_unfrozen")) == (opened == "done")
    actions = [each["action"] for each in audit()]
    assert actions.count("emergency_unfreeze.executed") + actions.count("account.unfrozen") == 1


def test_a_vote_that_is_not_the_last_against_the_admin_who_opens_it() -> None:
    family = Frozen(4)
    emergency = family.begun()

    voted, opened = ends(approval(family.members[1], emergency), family.unfreeze)

    assert opened == "done"
    assert voted in {"done", "not_pending"}
    assert status_of(emergency) == "superseded"
    assert len(approved_by(emergency)) == 1 + (voted == "done")


def test_asking_against_the_admin_who_opens_it() -> None:
    family = Frozen(2)

    asked, opened = ends(request(family.members[0], family), family.unfreeze)

    assert opened == "done"
    statuses = [each["status"] for each in documents("emergency_unfreezes")["emergency_unfreezes"]]
    assert (asked, statuses) in [("done", ["superseded"]), ("not_frozen", [])]


def test_the_last_vote_against_the_departure_of_who_voted_before() -> None:
    family = Frozen(4)
    emergency = family.begun()
    _, second, third, fourth = family.members
    approval(second, emergency)()

    voted, left = ends(approval(third, emergency), departure(second, family))

    assert (voted, left) == ("done", "done")
    if status_of(emergency) == "executed":
        # All three had voted as members.
        (entry,) = audit("emergency_unfreeze.executed")
        assert second.id in entry["after"]["approvals"]
        assert not family.is_frozen
    else:
        assert (status_of(emergency), family.is_frozen) == ("pending", True)
        assert approved_by(emergency) == {family.members[0].id, third.id}
        approval(fourth, emergency)()
        assert status_of(emergency) == "executed"


def test_a_rejection_against_the_departure_of_another_never_leaves_it_open_in_vain() -> None:
    """Each of both would let three of four go on; both together leave two, of whom three had to agree."""
    family = Frozen(4)
    emergency = family.begun()

    rejected, left = ends(rejection(family.members[1], emergency), departure(family.members[2], family))

    assert (rejected, left) == ("done", "done")
    assert status_of(emergency) == "rejected"
    assert len(audit("emergency_unfreeze.rejected")) == 1
    assert family.members[3].id in told("emergency_unfreeze_closed")


def test_two_departures_never_leave_it_open_in_vain() -> None:
    family = Frozen(4)
    emergency = family.begun()

    found = ends(*[departure(each, family) for each in family.members[1:3]])

    assert found == ["done", "done"]
    assert status_of(emergency) == "rejected"
    assert len(audit("emergency_unfreeze.rejected")) == 1


def test_asking_against_a_departure_counts_who_is_there() -> None:
    family = Frozen(4)
    gone = family.members[3]

    asked, left = ends(request(family.members[0], family), departure(gone, family))

    assert (asked, left) == ("done", "done")
    (kept,) = documents("emergency_unfreezes")["emergency_unfreezes"]
    voters = {each["user_id"]: each["left_at"] for each in kept["voters"]}
    if gone.id in voters:
        assert (kept["required"], voters[gone.id] is not None) == (3, True)
    else:
        assert (kept["required"], len(voters)) == (2, 3)


def test_a_vote_against_ones_own_departure() -> None:
    family = Frozen(4)
    emergency = family.begun()
    leaves = family.members[1]

    voted, left = ends(approval(leaves, emergency), departure(leaves, family))

    assert left == "done"
    assert voted in {"done", "NOT_FOUND"}
    assert (status_of(emergency), approved_by(emergency)) == ("pending", {family.members[0].id})


def test_the_last_vote_against_time() -> None:
    family = Frozen(2)
    emergency = family.begun(now=clock.now() - timedelta(hours=47))
    end = emergency["expires_at"]
    vote = approval(family.members[1], emergency, end - timedelta(milliseconds=1))

    voted, _ = ends(vote, partial(emergency_ends.expire_overdue, actor=TESTS, now=end))

    assert (voted, status_of(emergency), family.is_frozen) in {
        ("done", "executed", False),
        ("expired", "expired", True),
    }
    assert len(audit("emergency_unfreeze.expired")) == (voted == "expired")
    assert bool(told("emergency_unfreeze_closed")) == (voted == "expired")
