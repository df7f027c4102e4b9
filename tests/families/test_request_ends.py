"""How requests end without a decision: by time, by a departure, with their family, by staff.

Source: HTTP contract, sections 4, 6, 9, 14, 17 and 18.
"""

from datetime import timedelta

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.doctor import whereabouts
from ops.doctor.check import Result
from ops.mongo.collections import collection, control_collection
from tests.api import Api
from tests.consistency import faults
from tests.database import audit, documents
from tests.factories import new_staff
from tests.families.asking import asked, asked_to_buy, request_of, review, set_policy, status_of
from tests.families.household import addresses, ids, leave, mailed, remove, told
from tests.tokens import ledger_checker
from tests.tokens.calls import set_clock
from tests.tokens.deeds import House
from tests.tokens.told import forget
from tests.world import TESTS
from tokens import checks, tasks
from tokens.actions import request_ends

CLEAN_UP = "/family/admin/cleanup-expired-token-requests"


@pytest.fixture
def house() -> House:
    return House()


# Time ----------------------------------------------------------------------------------------------


def test_the_job_marks_both_sorts_and_tells_who_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    set_policy(house, request_expiry_hours=1)
    overdue, purchase = asked(house.viewer, house), asked_to_buy(house.viewer, house)
    decided = asked(house.spender, house)
    review(house.admin, house, decided, "deny")
    set_policy(house, request_expiry_hours=200)
    waiting = asked(house.viewer, house)
    forget()
    set_clock(monkeypatch, request_of(purchase)["expires_at"])

    assert tasks.expire_requests() == 2

    ends = [status_of(each) for each in (overdue, purchase, decided, waiting)]
    assert ends == ["expired", "expired", "denied", "pending"]
    assert request_of(overdue)["ended_at"] == request_of(overdue)["expires_at"]
    assert told("token_request_expired") == ids(house.viewer, house.founder, house.admin)
    assert mailed("token_request_expired") == addresses(house.viewer)
    assert told("purchase_request_expired") == ids(house.viewer)
    assert [each["target"] for each in audit("token_request.expired")] == [overdue]
    assert [each["target"] for each in audit("purchase_request.expired")] == [purchase]
    assert tasks.expire_requests() == 0
    beat = control_collection("heartbeats").find_one({"_id": "tokens.requests.expire"})
    assert beat is not None
    assert beat["error"] is None


def test_nothing_ends_a_moment_too_early(house: House) -> None:
    request = request_of(asked(house.viewer, house))
    before = request["expires_at"] - timedelta(milliseconds=1)

    assert request_ends.expire_overdue(actor=TESTS, now=before) == 0
    assert request_ends.expire_overdue(actor=TESTS, now=request["expires_at"]) == 1


def test_many_are_marked_batch_by_batch(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_ends, "BATCH", 2)
    made = [asked(house.viewer, house) for _ in range(5)]

    assert request_ends.expire_overdue(actor=TESTS, now=clock.now() + timedelta(days=8)) == 5

    assert {status_of(each) for each in made} == {"expired"}
    assert sorted(each["target"] for each in audit("token_request.expired")) == sorted(made)


def test_staff_clean_up_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    set_policy(house, request_expiry_hours=1)
    request_id = asked(house.viewer, house)
    operator = Api(new_staff(Role.OPERATOR))
    set_clock(monkeypatch, request_of(request_id)["expires_at"])

    first, again = operator.post(CLEAN_UP), operator.post(CLEAN_UP)

    assert [each.json["expired_count"] for each in (first, again)] == [1, 0]
    assert first.json.keys() == {
        *("status", "message", "transaction_safe", "expired_count", "cleanup_timestamp"),
    }
    assert told("token_request_expired") == ids(house.viewer, house.founder, house.admin)


def test_doctor_tells_of_what_is_overdue_for_long(house: House) -> None:
    where = whereabouts.from_settings()
    assert checks.look_at_requests(where).result == Result.OK
    request = request_of(asked(house.viewer, house))
    assert checks.look_at_requests(where).result == Result.OK

    collection("token_requests").update(
        {"_id": request["_id"]}, {"$set": {"expires_at": clock.now() - timedelta(minutes=6)}}
    )

    found = checks.look_at_requests(where)
    assert found.result == Result.DEGRADED
    assert found.evidence == ("1 expired more than 5 minutes ago and are not marked",)


# Departures ----------------------------------------------------------------------------------------


def test_who_leaves_asks_for_nothing_any_more(house: House) -> None:
    own = [asked(house.viewer, house), asked_to_buy(house.viewer, house)]
    decided, others = asked(house.viewer, house), asked(house.spender, house)
    review(house.admin, house, decided, "deny")

    assert leave(house.viewer, house.family).status == 200

    assert [status_of(each) for each in (*own, decided, others)] == [
        *("cancelled", "cancelled", "denied", "pending"),
    ]
    (entry,) = audit("member.left")
    assert entry["after"]["requests_cancelled"] == own
    assert audit("token_request.cancelled") == []
    assert faults(clock.now()) == []


def test_who_is_removed_asks_for_nothing_any_more(house: House) -> None:
    own = [asked(house.viewer, house), asked(house.viewer, house)]

    answer = remove(house.founder, house.family, house.viewer.id)

    assert answer.json["requests_cancelled"] == 2
    assert {status_of(each) for each in own} == {"cancelled"}
    assert review(house.admin, house, own[0]).problem == (400, "REQUEST_NOT_PENDING")


def test_a_dissolved_family_is_asked_for_nothing(house: House) -> None:
    made = [asked(house.viewer, house), asked(house.spender, house), asked_to_buy(house.viewer, house)]
    review(house.admin, house, made[1], "deny")

    answer = Api(house.founder).send("DELETE", f"/family/{house.id}")

    assert answer.json["requests_closed"] == 2
    assert [status_of(each) for each in made] == ["cancelled", "denied", "cancelled"]
    assert audit("family.dissolved")[0]["after"]["requests_closed"] == 2
    assert faults(clock.now()) == []
    assert ledger_checker.faults() == []
    assert documents("sbd_transactions") == {"sbd_transactions": []}
