"""Who may not vote on opening an account, and when nobody may.

Source: HTTP contract, sections 2.2, 10 and 18.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from families.actions import members
from ops import clock
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import documents
from tests.factories import Person, new_person
from tests.families.frozen import WHY, Frozen, approve, reject
from tests.families.household import leave
from tests.tokens import deeds
from tests.tokens.told import MONEY
from tests.world import TESTS

EITHER_VOTE = pytest.mark.parametrize("vote", [approve, reject], ids=["approve", "reject"])
VOTES = pytest.mark.parametrize(
    ("vote", "code"), [(approve, "APPROVAL_FAILED"), (reject, "REJECTION_FAILED")], ids=["approve", "reject"]
)
Vote = Callable[[Person, Document], Answer]


@pytest.fixture
def family() -> Frozen:
    """Three who may vote."""
    return Frozen(3)


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = documents("emergency_unfreezes", *MONEY)
    yield
    assert documents("emergency_unfreezes", *MONEY) == before


def refusal(call: Callable[[], Answer]) -> tuple[int, str, Any]:
    """Return status, code and details of a refused call, which has changed nothing."""
    with nothing_changes():
        answer = call()
        status, code = answer.problem
    return status, code, answer.json["details"]


def ask(person: Person, family: Frozen, body: Any = None) -> Answer:
    return Api(person).post(family.path, {"reason": WHY} if body is None else body)


# Asking for it -------------------------------------------------------------------------------------


def test_an_account_that_is_not_frozen_is_not_voted_on(family: Frozen) -> None:
    family.unfreeze()

    found = refusal(lambda: ask(family.members[0], family))

    assert found == (400, "EMERGENCY_UNFREEZE_FAILED", {"reason": "not_frozen"})


def test_there_is_one_vote_at_a_time(family: Frozen) -> None:
    family.begun()

    for each in family.members[:2]:
        found = refusal(lambda by=each: ask(by, family))  # type: ignore[misc]  # a default
        assert found == (400, "EMERGENCY_UNFREEZE_FAILED", {"reason": "already_open"})


def test_one_member_beside_who_froze_it_is_too_few() -> None:
    family = Frozen(1)

    found = refusal(lambda: ask(family.members[0], family))

    assert found == (400, "EMERGENCY_UNFREEZE_FAILED", {"reason": "too_few_voters"})


def test_who_froze_it_does_not_ask(family: Frozen) -> None:
    status, code, details = refusal(lambda: ask(family.admin, family))

    assert (status, code) == (403, "INSUFFICIENT_PERMISSIONS")
    assert details == {"required": "a member who did not freeze the account"}


def test_what_staff_froze_is_not_voted_on(family: Frozen) -> None:
    family.unfreeze()
    deeds.freeze(family.account_id, by=TESTS, now=clock.now(), is_staff=True)

    for each in family.people:
        found = refusal(lambda by=each: ask(by, family))  # type: ignore[misc]  # a default
        assert found == (403, "INSUFFICIENT_PERMISSIONS", {"required": "staff"})


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("reason", "required")),
        ({"reason": None}, ("reason", "null")),
        ({"reason": 5}, ("reason", "invalid_type")),
        ({"reason": " now "}, ("reason", "too_short")),
        ({"reason": "x" * 501}, ("reason", "too_long")),
        ({"reason": WHY, "hours": 1}, ("hours", "unknown_field")),
    ],
)
def test_asking_with_another_body_is_refused(family: Frozen, body: Any, fault: tuple[str, str]) -> None:
    with nothing_changes():
        assert ask(family.members[0], family, body).faults == {fault}


# Voting --------------------------------------------------------------------------------------------


@EITHER_VOTE
def test_a_stranger_learns_of_nothing(family: Frozen, stranger: Person, vote: Vote) -> None:
    emergency = family.begun()

    for each in (emergency, {"_id": "emr_1"}, {"_id": "e" * 65}):
        found = refusal(lambda which=each: vote(stranger, which))  # type: ignore[misc]  # a default
        assert found == (404, "NOT_FOUND", {})
    assert refusal(lambda: ask(stranger, family)) == (404, "FAMILY_NOT_FOUND", {})
    listed = refusal(lambda: Api(stranger).get(f"/family/{family.id}/emergency-unfreeze"))
    assert listed == (404, "FAMILY_NOT_FOUND", {})


@EITHER_VOTE
def test_who_has_left_finds_nothing_and_is_no_voter_when_back(vote: Vote) -> None:
    family = Frozen(4)
    emergency, gone = family.begun(), family.members[1]
    leave(gone, {"_id": family.id})

    assert refusal(lambda: vote(gone, emergency)) == (404, "NOT_FOUND", {})

    members.join(family.id, gone.id, actor=TESTS, now=clock.now())
    status, found, _ = refusal(lambda: vote(gone, emergency))
    assert (status, found) == (403, "INSUFFICIENT_PERMISSIONS")


@EITHER_VOTE
def test_neither_who_froze_it_nor_who_came_later_votes(family: Frozen, vote: Vote) -> None:
    emergency = family.begun()

    for each in (family.admin, family.joined()):
        found = refusal(lambda by=each: vote(by, emergency))  # type: ignore[misc]  # a default
        assert found == (403, "INSUFFICIENT_PERMISSIONS", {"required": "a vote on it"})


@VOTES
def test_everybody_votes_once(vote: Vote, code: str) -> None:
    family = Frozen(5)
    emergency = family.begun()
    assert reject(family.members[1], emergency).status == 200

    for each in family.members[:2]:
        found = refusal(lambda by=each: vote(by, emergency))  # type: ignore[misc]  # a default
        assert found == (400, code, {"reason": "already_voted"})


@VOTES
@pytest.mark.parametrize("end", ["executed", "rejected", "superseded"])
def test_what_is_decided_takes_no_votes(end: str, vote: Vote, code: str) -> None:
    family = Frozen(4)
    emergency = family.begun()
    first, *others, last = family.members
    if end == "superseded":
        family.unfreeze()
        family.freeze()  # by the same person, and yet another one
    else:
        for each in others:
            (approve if end == "executed" else reject)(each, emergency)

    for each in (first, last):
        found = refusal(lambda by=each: vote(by, emergency))  # type: ignore[misc]  # a default
        assert found == (400, code, {"reason": "not_pending"})


@VOTES
def test_after_48_hours_nobody_votes_whatever_a_job_has_done(family: Frozen, vote: Vote, code: str) -> None:
    emergency = family.begun(now=clock.now() - timedelta(hours=48))

    found = refusal(lambda: vote(family.members[1], emergency))

    assert found == (400, code, {"reason": "expired"})


@VOTES
def test_a_freeze_that_has_ended_past_all_that_follows_is_not_voted_on(
    family: Frozen, vote: Vote, code: str
) -> None:
    """Nothing of the product does so; a hand in the database might."""
    emergency = family.begun()
    opened = {"$set": {"status": "active", "freeze": None}}
    collection("sbd_accounts").update({"_id": family.account_id}, opened)
    family.freeze()

    found = refusal(lambda: vote(family.members[1], emergency))

    assert found == (400, code, {"reason": "not_pending"})
    shown = Api(family.admin).get(f"/family/{family.id}/emergency-unfreeze?status=superseded").json
    assert [each["request_id"] for each in shown["results"]] == [emergency["_id"]]
    assert ask(family.members[1], family).status == 201


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"reason": None}, ("reason", "null")),
        ({"reason": "x" * 501}, ("reason", "too_long")),
        ({"vote": "no"}, ("vote", "unknown_field")),
    ],
)
def test_rejecting_with_another_body_is_refused(family: Frozen, body: Any, fault: tuple[str, str]) -> None:
    emergency = family.begun()

    with nothing_changes():
        answer = Api(family.members[1]).post(f"/family/emergency-unfreeze/{emergency['_id']}/reject", body)
        assert answer.faults == {fault}


def test_another_status_is_refused(family: Frozen) -> None:
    answer = Api(new_person()).get(f"/family/{family.id}/emergency-unfreeze?status=frozen")

    assert answer.problem == (400, "INVALID_STATUS_FILTER")
