"""How votes on opening an account end without opening it.

Source: HTTP contract, sections 10, 17 (emergency unfreeze) and 18 (rules 16 to 18).
"""

from datetime import timedelta
from functools import partial

import pytest

from families import tasks
from families.actions import admins, dissolving, emergency_ends
from families.models import EmergencyUnfreeze
from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.consistency import faults
from tests.database import audit
from tests.families.frozen import Frozen, approve, reject, status_of, stored
from tests.families.household import addresses, disable, ids, leave, mailed, new_entries, remove, told
from tests.races import at_once
from tests.tokens import deeds
from tests.world import TESTS


def shown(family: Frozen, query: str = "") -> list[str]:
    """Return the states that members are shown, newest first."""
    answer = Api(family.admin).get(f"/family/{family.id}/emergency-unfreeze{query}")
    return [each["status"] for each in answer.json["results"]]


# Departures ----------------------------------------------------------------------------------------


def test_the_vote_of_who_has_left_counts_no_more() -> None:
    family = Frozen(4)
    emergency = family.begun()
    first, second, third, fourth = family.members
    approve(second, emergency)
    before = audit()

    leave(second, {"_id": family.id})

    assert [each["action"] for each in new_entries(before)] == ["member.left"]
    answer = approve(third, emergency)
    assert (answer.json["current_approvals"], answer.json["executed"]) == (2, False)
    votes = {each["user_id"]: each["counts"] for each in answer.json["data"]["approvals"]}
    assert votes == {first.id: True, second.id: False, third.id: True}
    assert answer.json["data"]["eligible_voters"] == 4
    assert approve(fourth, emergency).json["executed"] is True


def test_a_departure_that_leaves_too_few_closes_it_and_those_who_stay_are_told() -> None:
    family = Frozen(3)
    emergency = family.begun()
    asks, stays, gone = family.members
    reject(stays, emergency)
    before = audit()

    remove(family.admin, {"_id": family.id}, gone.id)

    assert (status_of(emergency), shown(family)) == ("rejected", ["rejected"])
    assert told("emergency_unfreeze_closed") == ids(family.admin, asks, stays)
    assert mailed("emergency_unfreeze_closed") == addresses(family.admin, asks, stays)
    entries = {each["action"]: each for each in new_entries(before)}
    assert entries.keys() == {"member.removed", "emergency_unfreeze.rejected"}
    ended = entries["emergency_unfreeze.rejected"]
    assert (ended["target"], ended["actor"]) == (emergency["_id"], family.admin.id)
    assert (ended["before"]["status"], ended["after"]["status"]) == ("pending", "rejected")
    assert family.is_frozen


def test_who_asked_may_leave_and_the_others_go_on() -> None:
    family = Frozen(3)
    emergency = family.begun()
    asks, second, third = family.members

    leave(asks, {"_id": family.id})

    assert status_of(emergency) == "pending"
    assert approve(second, emergency).json["current_approvals"] == 1
    assert approve(third, emergency).json["executed"] is True


def test_who_froze_it_may_leave_and_the_vote_goes_on() -> None:
    family = Frozen(2)
    admins.promote(family.id, family.members[0].id, actor=family.admin.actor, now=clock.now())
    emergency = family.begun()

    leave(family.admin, {"_id": family.id})

    assert approve(family.members[1], emergency).json["executed"] is True
    assert told("emergency_unfreeze_executed") == ids(*family.members)


def test_a_voter_who_is_disabled_is_a_member_still() -> None:
    family = Frozen(3)
    emergency = family.begun()
    disable(family.members[2])

    reject(family.members[1], emergency)

    assert status_of(emergency) == "pending"


# The freeze ends otherwise -------------------------------------------------------------------------


@pytest.mark.parametrize("by_staff", [False, True])
def test_a_freeze_that_is_lifted_otherwise_supersedes_the_vote_on_it(*, by_staff: bool) -> None:
    family = Frozen(3)
    emergency = family.begun()
    before = audit()

    if by_staff:
        deeds.unfreeze(family.account_id, by=TESTS, now=clock.now(), is_staff=True)
    else:
        family.unfreeze()

    assert (status_of(emergency), shown(family)) == ("superseded", ["superseded"])
    actions = [each["action"] for each in new_entries(before)]
    assert sorted(actions) == ["account.unfrozen", "emergency_unfreeze.superseded"]
    # That it is open again is told once.
    assert told("account_unfrozen") == ids(*family.people)
    assert told("emergency_unfreeze_closed") == []


def test_the_next_freeze_is_another_one() -> None:
    family = Frozen(3)
    first = family.begun()
    family.unfreeze()
    family.freeze()

    second = family.begun()
    approve(family.members[1], second)

    assert (status_of(first), status_of(second)) == ("superseded", "executed")
    assert shown(family, "?status=superseded") == ["superseded"]
    assert not family.is_frozen


def test_a_family_that_is_dissolved_has_no_open_vote() -> None:
    family, other = Frozen(2), Frozen(2)
    emergency, another = family.begun(), other.begun()

    dissolved = dissolving.dissolve(family.id, actor=family.admin.actor, now=clock.now())

    assert dissolved.requests == 1
    assert (status_of(emergency), status_of(another)) == ("superseded", "pending")
    assert faults(clock.now()) == []
    assert approve(family.members[1], emergency).problem == (404, "NOT_FOUND")


# Time ----------------------------------------------------------------------------------------------


def test_what_is_overdue_is_marked_once_its_members_are_told_and_nothing_else_changes() -> None:
    old, young = Frozen(2), Frozen(2)
    overdue = old.begun(now=clock.now() - timedelta(hours=48))
    emergency = young.begun(now=clock.now() - timedelta(hours=47, minutes=59))
    assert (shown(old), shown(young)) == (["expired"], ["pending"])
    assert shown(old, "?status=expired") == ["expired"]
    assert shown(old, "?status=pending") == []

    assert tasks.expire_emergencies() == 1
    assert tasks.expire_emergencies() == 0

    assert (status_of(overdue), status_of(emergency)) == ("expired", "pending")
    assert stored(overdue)["ended_at"] == stored(overdue)["expires_at"]
    assert (shown(old), shown(old, "?status=expired")) == (["expired"], ["expired"])
    assert told("emergency_unfreeze_closed") == ids(*old.people)
    assert mailed("emergency_unfreeze_closed") == addresses(*old.people)
    (entry,) = audit("emergency_unfreeze.expired")
    assert (entry["target"], entry["family_id"]) == (overdue["_id"], old.id)
    assert entry["actor"] == "system:beat"
    assert (old.is_frozen, young.is_frozen) == (True, True)


def test_one_that_is_overdue_is_in_nobodys_way() -> None:
    family = Frozen(2)
    overdue = family.begun(now=clock.now() - timedelta(hours=48))

    emergency = family.begun()

    assert (status_of(overdue), status_of(emergency)) == ("expired", "pending")
    assert [each["target"] for each in audit("emergency_unfreeze.expired")] == [overdue["_id"]]


def test_one_that_is_overdue_stays_expired_when_the_freeze_ends_or_somebody_leaves() -> None:
    family = Frozen(2)
    overdue = family.begun(now=clock.now() - timedelta(hours=48))

    family.unfreeze()
    leave(family.members[1], {"_id": family.id})

    assert (status_of(overdue), shown(family)) == ("pending", ["expired"])
    assert tasks.expire_emergencies() == 1


def test_jobs_that_run_at_once_mark_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emergency_ends, "BATCH", 7)
    family, now = Frozen(2), clock.now()
    draft = family.begun()
    copies = [
        draft | {"_id": f"emr_{number}", "account_id": f"acc_{number}", "expires_at": now}
        for number in range(30)
    ]
    collection("emergency_unfreezes").insert(*copies)

    marked = at_once([partial(emergency_ends.expire_overdue, actor=TESTS, now=now)] * 3)

    assert sum(marked) == 30
    targets = [each["target"] for each in audit("emergency_unfreeze.expired")]
    assert sorted(targets) == sorted(each["_id"] for each in copies)
    assert len(told("emergency_unfreeze_closed")) == 30 * len(family.people)


def test_the_document_is_read_by_its_model() -> None:
    emergency = Frozen(2).begun()

    found = EmergencyUnfreeze.objects.defer("freeze", "voters").get(pk=emergency["_id"])

    assert (str(found.status), found.required) == ("pending", 2)
    assert str(found) == f"{emergency['family_id']} (pending)"
