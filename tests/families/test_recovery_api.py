"""POST /family/{id}/recovery/initiate, /family/recovery/{rec}/verify. Source: HTTP contract, section 10."""

from datetime import datetime, timedelta

import pytest

from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import new_person
from tests.families.orphaned import WHY, code_of, codes, orphaned, recovery_of, switch, told, typed


def test_a_member_begins_a_recovery_and_everybody_who_can_be_reached_gets_a_code() -> None:
    family = orphaned(4)
    switch(family.members[3], active=False)
    first, second, third, _ = family.members
    before = clock.now()

    answer = Api(first).post(family.path, {"recovery_reason": WHY})

    assert answer.status == 200
    expires_at = datetime.fromisoformat(answer.json.pop("expires_at"))
    assert timedelta() <= expires_at - before - timedelta(hours=72) < timedelta(minutes=1)
    (recovery,) = documents("recoveries")["recoveries"]
    assert {name: value for name, value in answer.json.items() if name != "expires_at"} == {
        "status": "pending_verification",
        "message": "A code was mailed to each member who can be reached.",
        "transaction_safe": True,
        "recovery_id": recovery["_id"],
        "family_id": family.id,
        "required_verifications": 2,
    }
    assert recovery["_id"].startswith("rec_")
    assert set(codes()) == {first.email, second.email, third.email}
    assert [each["user_id"] for each in recovery["voters"]] == [each.id for each in family.members[:3]]
    assert told("recovery_started") == {family.admin.id, *(each.id for each in family.members)}


def test_the_entry_says_who_began_it_and_keeps_the_reason_apart() -> None:
    family = orphaned(2)

    Api(family.members[1]).post(family.path, {"recovery_reason": WHY})

    (entry,) = audit("recovery.initiated")
    (recovery,) = documents("recoveries")["recoveries"]
    assert (entry["target"], entry["family_id"]) == (recovery["_id"], family.id)
    assert entry["actor"] == family.members[1].id
    assert entry["private"]["reason"] == WHY
    assert WHY not in public_part(entry)
    assert entry["after"]["voters"] == [each.id for each in family.members]


def test_an_open_recovery_is_returned_as_it_is_without_new_codes() -> None:
    family = orphaned(3)
    first = Api(family.members[0]).post(family.path, {"recovery_reason": WHY})
    before = documents("recoveries", "families", "email_outbox", "notifications", "audit_log")

    again = Api(family.members[1]).post(family.path, {"recovery_reason": "I want one, too"})

    assert (again.status, again.json) == (200, first.json)
    assert documents("recoveries", "families", "email_outbox", "notifications", "audit_log") == before


def test_the_same_key_begins_one_recovery() -> None:
    family = orphaned(2)
    body, key = {"recovery_reason": WHY}, "recover-us-1"

    first = Api(family.members[0]).post(family.path, body, idempotency_key=key)
    again = Api(family.members[0]).post(family.path, body, idempotency_key=key)

    assert (again.status, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_votes_are_counted_and_the_last_that_is_needed_promotes() -> None:
    family = orphaned(3, ready=[2, 1])
    recovery, heir = family.begun(), family.members[2]
    first, second = family.members[:2]

    one = typed(first, recovery, code_of(first))
    two = typed(second, recovery, code_of(second))

    assert (one.status, two.status) == (200, 200)
    both = {"status": "success", "transaction_safe": True, "recovery_id": recovery["_id"]}
    both |= {"verification_accepted": True, "required_verifications": 2}
    assert one.json == both | {
        "message": "Your code is taken.",
        "current_verifications": 1,
        "recovery_complete": False,
        "promoted_user_id": None,
        "promoted_username": None,
    }
    assert two.json == both | {
        "message": "The family has an admin again.",
        "current_verifications": 2,
        "recovery_complete": True,
        "promoted_user_id": heir.id,
        "promoted_username": heir.username,
    }
    assert Api(heir).get(f"/family/{family.id}").json["is_admin"] is True
    assert told("recovery_completed") == {family.admin.id, *(each.id for each in family.members)}


def test_who_is_promoted_has_all_that_an_admin_has() -> None:
    family = orphaned(1)
    (only,) = family.members
    recovery = family.begun()

    answer = typed(only, recovery, code_of(only))

    assert answer.json["promoted_user_id"] == only.id
    stored = family.stored()
    assert stored["admin_user_ids"] == [family.admin.id, only.id]
    (member,) = [each for each in stored["members"] if each["user_id"] == only.id]
    assert (member["role"], member["is_backup_admin"], member["backup_order"]) == ("admin", False, None)
    accounts = documents("sbd_accounts")["sbd_accounts"]
    (account,) = [each for each in accounts if each["_id"] == stored["account_id"]]
    (holder,) = [each for each in account["holders"] if each["user_id"] == only.id]
    assert (holder["role"], holder["can_spend"], holder["spending_limit"]) == ("manager", True, -1)
    kept = recovery_of(recovery)
    assert (kept["status"], kept["promoted_user_id"]) == ("completed", only.id)
    assert kept["ended_at"] is not None


def test_each_vote_leaves_one_entry_and_the_last_tells_who_was_promoted() -> None:
    family = orphaned(2)
    recovery = family.begun()
    before = len(audit())

    for each in family.members:
        typed(each, recovery, code_of(each))

    first, last = audit()[before:]
    assert (first["action"], last["action"]) == ("recovery.verified", "recovery.completed")
    assert {first["target"], last["target"]} == {recovery["_id"]}
    assert [each["actor"] for each in (first, last)] == [each.id for each in family.members]
    assert (first["before"]["voted"], first["after"]["voted"]) == ([], [family.members[0].id])
    assert last["before"]["status"] == "pending_verification"
    assert last["after"]["status"] == "completed"
    assert last["after"]["promoted_user_id"] == family.members[0].id


@pytest.mark.parametrize(
    ("ready", "disabled", "heir"),
    [
        ([], [], 0),  # of longest standing
        ([], [0], 1),
        ([3, 1], [], 3),  # the first who was designated
        ([3, 1], [3], 1),
        ([3, 1], [1, 3], 0),
    ],
)
def test_the_first_active_backup_admin_is_promoted_else_who_is_there_longest(
    ready: list[int], disabled: list[int], heir: int
) -> None:
    family = orphaned(4, ready=ready)
    for place in disabled:
        switch(family.members[place], active=False)
    active = [each for place, each in enumerate(family.members) if place not in disabled]
    begun = Api(active[0]).post(family.path, {"recovery_reason": WHY}).json

    for each in active[: begun["required_verifications"]]:
        answer = typed(each, {"_id": begun["recovery_id"]}, code_of(each))

    assert answer.json["promoted_user_id"] == family.members[heir].id


def test_the_vote_of_somebody_who_has_left_does_not_count() -> None:
    family = orphaned(3)
    recovery = family.begun()
    first, second, third = family.members
    typed(first, recovery, code_of(first))
    assert Api(first).post(f"/family/{family.id}/leave").status == 200

    one = typed(second, recovery, code_of(second))
    two = typed(third, recovery, code_of(third))

    assert (one.json["current_verifications"], one.json["recovery_complete"]) == (1, False)
    assert (two.json["current_verifications"], two.json["promoted_user_id"]) == (2, second.id)


def test_the_vote_of_somebody_who_is_disabled_meanwhile_does_not_count() -> None:
    family = orphaned(3)
    recovery = family.begun()
    first, second, _ = family.members
    typed(first, recovery, code_of(first))
    switch(first, active=False)

    answer = typed(second, recovery, code_of(second))

    assert (answer.json["current_verifications"], answer.json["recovery_complete"]) == (1, False)


def test_who_joins_later_has_no_code_and_the_required_number_stays() -> None:
    family = orphaned(2)
    recovery = family.begun()
    late = new_person()
    entry = {"user_id": late.id, "role": "member", "joined_at": clock.now(), "is_backup_admin": False}
    collection("families").update({"_id": family.id}, {"$push": {"members": entry}})

    assert typed(late, recovery, "000000").problem == (404, "NOT_FOUND")
    for each in family.members:
        answer = typed(each, recovery, code_of(each))
    assert (answer.json["required_verifications"], answer.json["recovery_complete"]) == (2, True)


def test_after_a_recovery_another_one_can_begin() -> None:
    family = orphaned(2)
    recovery = family.begun()
    for each in family.members:
        typed(each, recovery, code_of(each))
    switch(family.members[0], active=False)

    answer = Api(family.members[1]).post(family.path, {"recovery_reason": WHY})

    assert answer.status == 200
    assert answer.json["recovery_id"] != recovery["_id"]
    assert answer.json["required_verifications"] == 1
