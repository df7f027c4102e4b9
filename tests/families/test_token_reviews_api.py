"""Deciding on requests for tokens, and taking them back.

Source: HTTP contract, sections 9, 17 and 18 (rules 2, 3, 6, 13 and 17).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from families.actions import departing
from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person
from tests.families.asking import WHY, asked, request_of, review, status_of, withdraw
from tests.families.household import addresses, disable, ids, mailed, told
from tests.tokens import ledger_checker
from tests.tokens.calls import KEY, faults, moment, nothing_moves, refusal, set_clock, transfer
from tests.tokens.deeds import House, freeze, unfreeze
from tests.tokens.funds import account_of
from tests.tokens.told import forget


@pytest.fixture
def house() -> House:
    return House(100)


@pytest.fixture
def request_id(house: House) -> str:
    """The viewer's request for 30 tokens."""
    return asked(house.viewer, house, 30)


@contextmanager
def nothing_is_decided(request_id: str) -> Iterator[None]:
    """Show that no tokens move in the block, and that the request stays as it is."""
    before = request_of(request_id)
    with nothing_moves():
        yield
    assert request_of(request_id) == before


# Approved and denied -------------------------------------------------------------------------------


def test_an_approved_request_is_paid_in_the_same_unit(house: House, request_id: str) -> None:
    forget()

    answer = review(house.admin, house, request_id, comments="for the weekend")

    stored = request_of(request_id)
    assert answer.status == 200
    (paid,) = [
        each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] != "issuance"
    ]
    assert (paid["kind"], paid["related"]) == ("token_request", {"type": "token_request", "id": request_id})
    facts = {
        "request_id": request_id,
        "reviewed_by": house.admin.id,
        "reviewed_at": moment(stored["reviewed_at"]),
        "admin_comments": "for the weekend",
        "amount": 30,
        "requester_user_id": house.viewer.id,
        "transaction_id": paid["_id"],
    }
    data = answer.json["request_data"]
    assert {name: answer.json[name] for name in facts} == facts
    assert (answer.json["action"], answer.json["new_status"]) == ("approve", "approved")
    assert answer.json["processed_at"] == facts["reviewed_at"]
    assert {name: data[name] for name in facts} == facts
    assert (data["status"], data["reason"], data["tokens_transferred"]) == ("approved", WHY, 30)
    assert (house.account["balance"], account_of(house.viewer)["balance"]) == (70, 30)
    for kind in ("token_request_approved", "token_transfer_completed"):
        assert told(kind) == ids(house.viewer, house.founder)
        assert mailed(kind) == addresses(house.viewer)
    (entry,) = audit("token_request.approved")
    assert (entry["target"], entry["family_id"], entry["actor"]) == (request_id, house.id, house.admin.id)
    assert (entry["before"], entry["after"]["transaction"]) == ({"status": "pending"}, paid["_id"])
    assert entry["private"]["reason"] == "for the weekend"
    assert ledger_checker.faults() == []


def test_a_denied_request_moves_nothing(house: House, request_id: str) -> None:
    forget()

    answer = review(house.founder, house, request_id, "deny", admin_comments="not now").json

    assert (answer["action"], answer["new_status"], answer["transaction_id"]) == ("deny", "denied", None)
    assert (answer["admin_comments"], answer["request_data"]["tokens_transferred"]) == ("not now", 0)
    assert (status_of(request_id), house.account["balance"]) == ("denied", 100)
    assert told("token_request_denied") == ids(house.viewer, house.admin)
    assert mailed("token_request_denied") == addresses(house.viewer)
    assert told("token_transfer_completed") == []
    (entry,) = audit("token_request.denied")
    assert entry["after"]["status"] == "denied"
    assert ledger_checker.faults() == []


def test_the_alias_decides_the_same_and_a_key_replays(house: House, request_id: str) -> None:
    path = f"/family/{house.id}/token-request/{request_id}/review"
    body = {"action": "approve"}

    first = Api(house.admin).post(path, body, **{"Idempotency-Key": KEY})
    again = review(house.admin, house, request_id, key=KEY)

    assert (first.status, again.text) == (200, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert account_of(house.viewer)["balance"] == 30


@pytest.mark.parametrize("first", ["approve", "deny"])
@pytest.mark.parametrize("second", ["approve", "deny"])
def test_what_was_decided_is_not_decided_again(
    house: House, request_id: str, first: str, second: str
) -> None:
    stands = review(house.founder, house, request_id, first).json["new_status"]

    with nothing_is_decided(request_id):
        answer = review(house.admin, house, request_id, second)

    assert answer.problem == (400, "REQUEST_NOT_PENDING")
    assert answer.json["details"] == {"status": stands}


def test_what_was_approved_by_itself_is_not_decided(house: House) -> None:
    Api(house.founder).put(f"/family/{house.id}", {"settings": {"auto_approval_threshold": 5}})
    request_id = asked(house.viewer, house, 5)

    answer = review(house.admin, house, request_id, "deny")

    assert (answer.problem[1], answer.json["details"]) == ("REQUEST_NOT_PENDING", {"status": "auto_approved"})


# Refused, and it waits on --------------------------------------------------------------------------


def test_of_a_frozen_account_nothing_is_approved_until_it_is_open(house: House, request_id: str) -> None:
    freeze(house.account_id, by=house.founder.actor, now=clock.now())

    with nothing_is_decided(request_id):
        refused = review(house.admin, house, request_id)
    unfreeze(house.account_id, by=house.founder.actor, now=clock.now())
    then = review(house.admin, house, request_id)

    assert refused.problem == (403, "ACCOUNT_FROZEN")
    assert then.status == 200


def test_of_a_frozen_account_a_request_is_denied(house: House, request_id: str) -> None:
    freeze(house.account_id, by=house.founder.actor, now=clock.now())

    assert review(house.admin, house, request_id, "deny").status == 200


def test_what_is_not_there_is_not_approved(house: House, request_id: str, stranger: Person) -> None:
    transfer(house.founder, house, stranger.id, 71)

    with nothing_is_decided(request_id):
        answer = review(house.admin, house, request_id)

    assert answer.problem == (400, "INSUFFICIENT_BALANCE")
    assert (answer.json["details"]["amount"], answer.json["details"]["balance"]) == (30, 29)


def test_who_is_disabled_gets_nothing(house: House, request_id: str) -> None:
    disable(house.viewer)

    with nothing_is_decided(request_id):
        assert review(house.admin, house, request_id).problem == (404, "RECIPIENT_NOT_FOUND")


def test_an_admin_approves_no_own_request_while_another_could(house: House) -> None:
    request_id = asked(house.founder, house, 30)

    with nothing_is_decided(request_id):
        assert review(house.founder, house, request_id).problem == (403, "SELF_APPROVAL_FORBIDDEN")
    disable(house.admin)
    approved = review(house.founder, house, request_id)

    assert approved.status == 200
    assert account_of(house.founder)["balance"] == 30


def test_an_admin_denies_an_own_request(house: House) -> None:
    request_id = asked(house.founder, house, 30)

    assert review(house.founder, house, request_id, "deny").json["new_status"] == "denied"


def test_who_approves_has_a_confirmed_address(house: House, request_id: str, settings: Any) -> None:
    settings.REQUIRE_CONFIRMED_EMAIL = True
    collection("users").update({"_id": house.admin.id}, {"$set": {"email_confirmed_at": None}})

    with nothing_is_decided(request_id):
        assert review(house.admin, house, request_id).problem == (403, "EMAIL_NOT_CONFIRMED")


def test_an_expired_request_is_not_there_any_more(
    house: House, request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, request_of(request_id)["expires_at"])

    with nothing_is_decided(request_id):
        for action in ("approve", "deny"):
            answer = review(house.admin, house, request_id, action)
            assert answer.problem == (404, "TOKEN_REQUEST_NOT_FOUND")
        assert withdraw(house.viewer, house, request_id).problem == (404, "TOKEN_REQUEST_NOT_FOUND")


def test_only_admins_of_its_family_decide(house: House, request_id: str, stranger: Person) -> None:
    other = House()

    with nothing_is_decided(request_id):
        assert review(house.viewer, house, request_id).problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert review(stranger, house, request_id).problem == (404, "FAMILY_NOT_FOUND")
        assert review(other.founder, other, request_id).problem == (404, "TOKEN_REQUEST_NOT_FOUND")
        for unknown in ("req_1", "pr_1", "x" * 65):
            assert review(house.admin, house, unknown).problem == (404, "TOKEN_REQUEST_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"action": "grant"}, ("action", "invalid_choice")),
        ({"action": "deny", "comments": "x" * 1001}, ("comments", "too_long")),
        (
            {"action": "deny", "comments": "no", "admin_comments": "never"},
            ("admin_comments", "not_allowed"),
        ),
    ],
)
def test_what_a_review_cannot_say(
    house: House, request_id: str, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(lambda: review(house.admin, house, request_id, **body)) == {fault}


# Taken back ----------------------------------------------------------------------------------------


def test_who_asked_takes_it_back(house: House, request_id: str) -> None:
    answer = withdraw(house.viewer, house, request_id)

    assert (answer.status, answer.json["status"]) == (200, "cancelled")
    (entry,) = audit("token_request.cancelled")
    assert (entry["target"], entry["actor"]) == (request_id, house.viewer.id)
    assert refusal(lambda: withdraw(house.viewer, house, request_id)) == (
        *(400, "REQUEST_NOT_PENDING"),
        {"status": "cancelled"},
    )
    assert review(house.admin, house, request_id).problem == (400, "REQUEST_NOT_PENDING")


def test_nobody_takes_back_what_another_asked_for(house: House, request_id: str) -> None:
    with nothing_is_decided(request_id):
        assert withdraw(house.admin, house, request_id).problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert withdraw(house.spender, house, request_id).problem == (404, "TOKEN_REQUEST_NOT_FOUND")


def test_who_has_left_decides_nothing(house: House, request_id: str) -> None:
    departing.leave(house.id, actor=house.admin.actor, now=clock.now())

    assert review(house.admin, house, request_id).problem == (404, "FAMILY_NOT_FOUND")
