"""What recoveries refuse, and that nothing moves with it but the count of tries.

Source: HTTP contract, sections 2.2, 10 and 18 (rules 11, 16 and 20).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import override_settings
from structlog.testing import capture_logs

from families.actions import recovering, recovery_codes
from families.errors import RecoveryVerificationError
from ops import clock
from ops.mongo.collections import Document, collection
from ops.redis import store
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_family, new_member
from tests.families.orphaned import (
    WHY,
    Orphaned,
    code_of,
    new_session,
    orphaned,
    recovery_of,
    switch,
    tries_of,
    typed,
    wrong_code,
)

# What a sign-in from a request writes is not the refusal's.
LOOKED_AT = (
    *("families", "recoveries", "sbd_accounts", "family_people", "users"),
    *("notifications", "email_outbox", "audit_log", "idempotency_keys"),
)
BODY = {"recovery_reason": WHY}


def refused(call: Callable[[], Answer]) -> tuple[int, str, Any]:
    """Return status, code and details of a refusal, after a look that nothing was changed."""
    before = documents(*LOOKED_AT)
    answer = call()
    assert documents(*LOOKED_AT) == before
    return *answer.problem, answer.json["details"]


def reason_of(answer: Answer) -> tuple[str, int]:
    """Return reason and tries left of a refused code."""
    assert answer.problem == (400, "RECOVERY_VERIFICATION_FAILED")
    return answer.json["details"]["reason"], answer.json["details"]["tries_left"]


def test_a_family_whose_admin_works_is_not_recovered(person: Person) -> None:
    family_id = new_family(person)["_id"]
    member = new_member(family_id, person)

    for each in (person, member):
        found = refused(partial(Api(each).post, f"/family/{family_id}/recovery/initiate", BODY))
        assert found == (400, "RECOVERY_INITIATION_FAILED", {"reason": "working_admin"})


def test_one_working_admin_of_two_is_enough() -> None:
    family = orphaned(3)
    collection("families").update({"_id": family.id}, {"$push": {"admin_user_ids": family.members[2].id}})

    found = refused(lambda: Api(family.members[0]).post(family.path, BODY))

    assert found == (400, "RECOVERY_INITIATION_FAILED", {"reason": "working_admin"})


def confirm(*people: Person) -> None:
    ids = [each.id for each in people]
    collection("users").update_all({"_id": {"$in": ids}}, {"$set": {"email_confirmed_at": clock.now()}})


@pytest.mark.parametrize(("confirmed", "required"), [(1, 1), (2, 2), (3, 2)])
def test_where_addresses_are_to_be_confirmed_only_those_that_are_get_a_code(
    confirmed: int, required: int
) -> None:
    family = orphaned(3)
    confirm(*family.members[:confirmed])

    with override_settings(REQUIRE_CONFIRMED_EMAIL=True):
        answer = Api(family.members[2]).post(family.path, BODY)

    (recovery,) = documents("recoveries")["recoveries"]
    assert [each["user_id"] for each in recovery["voters"]] == [
        each.id for each in family.members[:confirmed]
    ]
    assert answer.json["required_verifications"] == required


@override_settings(REQUIRE_CONFIRMED_EMAIL=True)
def test_who_can_be_reached_by_nothing_is_sent_to_the_staff() -> None:
    with override_settings(REQUIRE_CONFIRMED_EMAIL=False):
        family = orphaned(2)
    confirm(family.admin)

    with capture_logs() as lines:
        found = refused(lambda: Api(family.members[1]).post(family.path, BODY))

    assert found == (400, "RECOVERY_INITIATION_FAILED", {"reason": "nobody_reachable"})
    (line,) = [each for each in lines if each["log_level"] == "warning"]
    assert line["event"] == "family cannot be recovered by its members, staff must help"
    assert line["family"] == family.id


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("recovery_reason", "required")),
        ({"recovery_reason": "four"}, ("recovery_reason", "too_short")),
        ({"recovery_reason": "x" * 501}, ("recovery_reason", "too_long")),
        ({"recovery_reason": None}, ("recovery_reason", "null")),
        ({**BODY, "role": "admin"}, ("role", "unknown_field")),
    ],
)
def test_what_is_not_a_reason_begins_nothing(body: Any, fault: tuple[str, str]) -> None:
    family = orphaned(2)
    before = documents(*LOOKED_AT)

    assert Api(family.members[0]).post(family.path, body).faults == {fault}
    assert documents(*LOOKED_AT) == before


def test_a_stranger_finds_no_family_and_no_recovery(stranger: Person) -> None:
    family = orphaned(2)
    recovery = family.begun()

    found = refused(lambda: Api(stranger).post(family.path, BODY))
    assert found == (404, "FAMILY_NOT_FOUND", {})
    for unknown in (recovery, {"_id": "rec_1"}, {"_id": "x" * 65}, {"_id": family.id}):
        there = refused(partial(typed, stranger, unknown, "204951"))
        assert there == (404, "NOT_FOUND", {})


def test_a_member_without_a_code_and_one_who_has_left_find_none() -> None:
    family = orphaned(3)
    switch(family.members[2], active=False)
    recovery = family.begun()
    code = code_of(family.members[1])
    switch(family.members[2], active=True)
    assert Api(family.members[1]).post(f"/family/{family.id}/leave").status == 200

    for each in family.members[1:]:
        person = new_session(each)
        assert refused(partial(typed, person, recovery, code)) == (404, "NOT_FOUND", {})


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (204951, "invalid_type"),
        ("20495", "too_short"),
        ("2049510", "too_long"),
        ("20495a", "invalid_format"),
        ("٢٠٤٩٥١", "invalid_format"),
        (None, "null"),
    ],
)
def test_what_is_no_code_costs_no_try(code: Any, fault: str) -> None:
    family = orphaned(2)
    recovery = family.begun()
    before = documents(*LOOKED_AT)

    assert typed(family.members[0], recovery, code).faults == {("verification_code", fault)}
    assert documents(*LOOKED_AT) == before


def test_a_wrong_code_costs_one_of_five_tries_and_nothing_else_whatever_becomes_of_redis() -> None:
    family = orphaned(2)
    recovery, (guesser, other) = family.begun(), family.members
    right, wrong = code_of(guesser), wrong_code(guesser)
    others = [name for name in LOOKED_AT if name != "recoveries"]
    before = documents(*others)

    for left in (4, 3, 2, 1, 0):
        assert reason_of(typed(guesser, recovery, wrong)) == ("wrong_code", left)
        assert tries_of(guesser, recovery) == left
        store().flushall()
    for code in (wrong, right):
        assert reason_of(typed(guesser, recovery, code)) == ("no_tries_left", 0)

    assert documents(*others) == before
    assert tries_of(other, recovery) == 5
    assert [each["voted_at"] for each in recovery_of(recovery)["voters"]] == [None, None]


def test_a_key_makes_no_guess_free() -> None:
    family = orphaned(2)
    recovery, guesser = family.begun(), family.members[0]

    for left in (4, 3, 2, 1, 0):
        answer = typed(guesser, recovery, wrong_code(guesser), idempotency_key="guess-for-free")
        assert reason_of(answer) == ("wrong_code", left)
    assert tries_of(guesser, recovery) == 0


def test_a_code_is_of_one_recovery_and_one_person() -> None:
    voter = recovery_codes.voter("rec_1", "user_1", "204951")

    assert recovery_codes.is_right("rec_1", voter, "204951")
    assert not recovery_codes.is_right("rec_1", voter, "204952")
    assert not recovery_codes.is_right("rec_2", voter, "204951")
    assert not recovery_codes.is_right("rec_1", voter | {"user_id": "user_2"}, "204951")


def test_a_code_counts_once() -> None:
    family = orphaned(3)
    recovery, first = family.begun(), family.members[0]
    code = code_of(first)
    assert typed(first, recovery, code).status == 200

    for again in (code, "000000"):
        found = refused(partial(typed, first, recovery, again))
        assert found == (400, "RECOVERY_VERIFICATION_FAILED", {"reason": "already_voted", "tries_left": 5})


def test_the_same_key_is_answered_the_same_and_counts_once() -> None:
    family = orphaned(3)
    recovery, first = family.begun(), family.members[0]
    code = code_of(first)

    once, again = (typed(first, recovery, code, idempotency_key="vote-for-us-1") for _ in range(2))

    assert (again.status, again.json) == (200, once.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert sum(each["voted_at"] is not None for each in recovery_of(recovery)["voters"]) == 1


def completed(family: Orphaned, recovery: Document) -> None:
    for each in family.members[:2]:
        assert typed(each, recovery, code_of(each)).status == 200


def expired(_family: Orphaned, recovery: Document) -> None:
    collection("recoveries").update({"_id": recovery["_id"]}, {"$set": {"expires_at": clock.now()}})


def cancelled(family: Orphaned, _recovery: Document) -> None:
    switch(family.admin, active=True)


@pytest.mark.parametrize("end", [completed, expired, cancelled])
def test_a_recovery_that_is_over_takes_no_code(end: Callable[[Orphaned, Document], None]) -> None:
    family = orphaned(3)
    recovery, third = family.begun(), family.members[2]
    code = code_of(third)
    end(family, recovery)

    for each in (code, "000000"):
        found = refused(partial(typed, third, recovery, each))
        assert found == (400, "RECOVERY_VERIFICATION_FAILED", {"reason": "not_pending", "tries_left": 5})


def test_it_is_expired_from_the_very_second_on() -> None:
    family = orphaned(3)
    recovery = family.begun(now=clock.now() - timedelta(hours=1))
    first, second, _ = family.members
    last = recovery["expires_at"]
    moment = timedelta(milliseconds=1)

    counted = recovering.verify(recovery["_id"], code_of(first), actor=first.actor, now=last - moment)
    with pytest.raises(RecoveryVerificationError) as late:
        recovering.verify(recovery["_id"], code_of(second), actor=second.actor, now=last)

    assert counted.current == 1
    assert late.value.details == {"reason": "not_pending", "tries_left": 5}
    assert recovery_of(recovery)["status"] == "pending_verification"
    assert recovering.initiate(family.id, WHY, actor=first.actor, now=last - moment)["_id"] == recovery["_id"]
    assert recovering.initiate(family.id, WHY, actor=first.actor, now=last)["_id"] != recovery["_id"]
    assert recovery_of(recovery)["status"] == "expired"


def test_nobody_without_a_sign_in_comes_near() -> None:
    family = orphaned(2)
    recovery = family.begun()

    assert Api().post(family.path, BODY).problem == (401, "AUTHENTICATION_REQUIRED")
    path = f"/family/recovery/{recovery['_id']}/verify"
    assert Api().post(path, {"verification_code": "204951"}).problem == (401, "AUTHENTICATION_REQUIRED")
