"""Voting on opening an account that a member froze. Source: HTTP contract, sections 10, 12 and 18."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from ops.mongo.collections import Document
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person
from tests.families.frozen import WHY, Frozen, approve, reject, status_of, stored
from tests.families.household import addresses, ids, mailed, moment, new_entries, told

KEY = "key-of-one-intent"


@pytest.fixture
def family() -> Frozen:
    """Three who may vote, so that two are enough."""
    return Frozen(3)


def named(person: Person) -> dict[str, str]:
    return {"user_id": person.id, "username": person.username}


def vote_of(person: Person, emergency: Document, **more: Any) -> dict[str, Any]:
    """Return a vote as answers have it."""
    (voter,) = [each for each in stored(emergency)["voters"] if each["user_id"] == person.id]
    return {**named(person), "voted_at": moment(voter["voted_at"]), "counts": True, **more}


def listed(person: Person, family: Frozen, query: str = "") -> list[Any]:
    answer = Api(person).get(f"/family/{family.id}/emergency-unfreeze{query}")
    assert answer.status == 200
    assert answer.json["count"] == len(answer.json["results"])
    found: list[Any] = answer.json["results"]
    return found


def test_a_member_asks_with_their_own_approval(family: Frozen) -> None:
    asks = family.members[0]

    answer = Api(asks).post(family.path, {"reason": f" {WHY} "})

    (kept,) = documents("emergency_unfreezes")["emergency_unfreezes"]
    shown = {
        "request_id": kept["_id"],
        "requester": named(asks),
        "reason": WHY,
        "status": "pending",
        "required_approvals": 2,
        "eligible_voters": 3,
        "approvals": [vote_of(asks, kept)],
        "rejections": [],
        "created_at": moment(kept["created_at"]),
        "expires_at": moment(kept["created_at"] + timedelta(hours=48)),
        "executed_at": None,
    }
    assert answer.status == 201
    assert answer.json == {
        "status": "success",
        "message": "The other members are asked.",
        "transaction_safe": True,
        "request_id": kept["_id"],
        "required_approvals": 2,
        "current_approvals": 1,
        "eligible_voters": 3,
        "expires_at": shown["expires_at"],
        "data": shown,
    }
    assert kept["_id"].startswith("emr_")
    assert listed(family.admin, family) == [shown]
    assert family.is_frozen


def test_the_others_are_told_of_it_by_mail_as_well_and_one_entry_is_left(family: Frozen) -> None:
    before, asks = audit(), family.members[0]

    answer = Api(asks).post(family.path, {"reason": WHY})

    assert told("emergency_unfreeze_request") == ids(family.admin, *family.members[1:])
    assert mailed("emergency_unfreeze_request") == addresses(family.admin, *family.members[1:])
    (entry,) = new_entries(before)
    assert (entry["action"], entry["target"], entry["actor"], entry["family_id"]) == (
        "emergency_unfreeze.requested",
        answer.json["request_id"],
        asks.id,
        family.id,
    )
    assert entry["private"]["reason"] == WHY
    assert WHY not in repr((entry["before"], entry["after"]))


def test_the_vote_that_is_enough_opens_the_account(family: Frozen) -> None:
    emergency, version = family.begun(), family.account["version"]

    answer = approve(family.members[1], emergency)

    assert answer.status == 200
    assert {name: answer.json[name] for name in answer.json if name != "data"} == {
        "status": "success",
        "message": "The account is open again.",
        "transaction_safe": True,
        "approved": True,
        "current_approvals": 2,
        "required_approvals": 2,
        "threshold_met": True,
        "executed": True,
    }
    kept, account = stored(emergency), family.account
    assert answer.json["data"]["status"] == kept["status"] == "executed"
    assert answer.json["data"]["executed_at"] == moment(kept["ended_at"])
    assert answer.json["data"]["approvals"] == [vote_of(each, emergency) for each in family.members[:2]]
    assert (account["status"], account["freeze"], account["version"]) == ("active", None, version + 1)


def test_of_an_opened_account_all_are_told_once_and_one_entry_is_left(family: Frozen) -> None:
    emergency, voter = family.begun(), family.members[1]
    before = audit()

    approve(voter, emergency)

    assert told("emergency_unfreeze_executed") == ids(*family.people)
    assert mailed("emergency_unfreeze_executed") == addresses(*family.people)
    assert told("account_unfrozen") == told("emergency_unfreeze_closed") == []
    (entry,) = new_entries(before)
    assert (entry["action"], entry["target"], entry["actor"]) == (
        "emergency_unfreeze.executed",
        emergency["_id"],
        voter.id,
    )
    approvals = [each.id for each in family.members[:2]]
    same = {"account_id": family.account_id, "required": 2, "rejections": []}
    was = {"status": "pending", "account_status": "frozen", "approvals": approvals[:1]}
    now_is = {"status": "executed", "account_status": "active", "approvals": approvals}
    assert (entry["before"], entry["after"]) == (same | was, same | now_is)


def test_one_vote_too_few_opens_nothing_and_tells_nobody() -> None:
    family = Frozen(4)
    emergency = family.begun()
    before, account = audit(), family.account

    answer = approve(family.members[1], emergency)

    assert answer.json["message"] == "Your vote is counted."
    assert (answer.json["current_approvals"], answer.json["required_approvals"]) == (2, 3)
    assert (answer.json["threshold_met"], answer.json["executed"]) == (False, False)
    assert answer.json["data"]["status"] == status_of(emergency) == "pending"
    assert family.account == account
    assert told("emergency_unfreeze_executed") == []
    (entry,) = new_entries(before)
    assert (entry["action"], entry["target"]) == ("emergency_unfreeze.approved", emergency["_id"])


def test_a_rejection_that_leaves_enough_others_closes_nothing(family: Frozen) -> None:
    emergency, voter = family.begun(), family.members[2]
    before = audit()

    answer = reject(voter, emergency, " not yet ")

    assert {name: answer.json[name] for name in answer.json if name != "data"} == {
        "status": "success",
        "message": "Your vote is counted.",
        "transaction_safe": True,
        "rejected": True,
        "current_rejections": 1,
        "required_rejections": 2,
        "closed": False,
        "reason": "not yet",
    }
    assert answer.json["data"]["rejections"] == [vote_of(voter, emergency, reason="not yet")]
    (entry,) = new_entries(before)
    assert (entry["action"], entry["private"]["reason"]) == ("emergency_unfreeze.opposed", "not yet")
    assert "not yet" not in repr((entry["before"], entry["after"]))
    assert approve(family.members[1], emergency).json["executed"] is True


def test_the_rejection_that_leaves_too_few_others_closes_it_and_all_are_told(family: Frozen) -> None:
    emergency = family.begun()
    reject(family.members[2], emergency)
    before = audit()

    answer = reject(family.members[1], emergency)

    assert (answer.json["message"], answer.json["closed"]) == ("The account stays frozen.", True)
    assert (answer.json["current_rejections"], answer.json["reason"]) == (2, None)
    assert answer.json["data"]["status"] == status_of(emergency) == "rejected"
    assert family.is_frozen
    assert told("emergency_unfreeze_closed") == ids(*family.people)
    assert mailed("emergency_unfreeze_closed") == addresses(*family.people)
    assert [each["action"] for each in new_entries(before)] == ["emergency_unfreeze.rejected"]


def test_of_two_voters_one_rejection_is_enough() -> None:
    family = Frozen(2)
    emergency = family.begun()

    assert reject(family.members[1], emergency).json["closed"] is True


def test_after_it_is_closed_another_can_be_asked_for(family: Frozen) -> None:
    first = family.begun()
    for each in family.members[1:]:
        reject(each, first)

    answer = Api(family.members[2]).post(family.path, {"reason": WHY})

    assert answer.status == 201
    found = listed(family.members[0], family)
    assert [each["status"] for each in found] == ["pending", "rejected"]
    assert [each["requester"] for each in found] == [named(family.members[2]), named(family.members[0])]


@pytest.mark.parametrize("name", ["status", "status_filter"])
def test_members_list_them_by_status_and_page_by_page(family: Frozen, name: str) -> None:
    first = family.begun()
    approve(family.members[1], first)
    family.freeze()
    second = family.begun()

    def found(status: str) -> list[str]:
        return [each["request_id"] for each in listed(family.admin, family, f"?{name}={status}")]

    assert found("executed") == [first["_id"]]
    assert found("pending") == [second["_id"]]
    assert found("rejected") == found("expired") == found("superseded") == []
    page = Api(family.admin).get(f"/family/{family.id}/emergency-unfreeze?limit=1").json
    assert [each["request_id"] for each in page["results"]] == [second["_id"]]
    rest = Api(family.admin).get(page["next"].removeprefix(settings.PUBLIC_URL)).json
    assert [each["request_id"] for each in rest["results"]] == [first["_id"]]
    assert rest["next"] is None


def test_the_same_intent_is_done_once(family: Frozen) -> None:
    key = {"Idempotency-Key": KEY}
    begun = [Api(family.members[0]).post(family.path, {"reason": WHY}, **key) for _ in range(2)]
    emergency = {"_id": begun[0].json["request_id"]}
    votes = [approve(family.members[1], emergency, **key) for _ in range(2)]
    before = audit()

    for first, again in (begun, votes):
        assert (first.status, first.text) == (again.status, again.text)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert len(audit("emergency_unfreeze.requested")) == len(audit("emergency_unfreeze.executed")) == 1
    assert audit() == before
