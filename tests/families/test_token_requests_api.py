"""Asking a family for tokens, and looking at what was asked. Source: HTTP contract, sections 9 and 17."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.families.asking import WHY, ask, asked, listed, request_of, set_policy, status_of
from tests.families.household import addresses, ids, mailed, told
from tests.tokens import ledger_checker
from tests.tokens.calls import KEY, NO_AMOUNTS, faults, moment, refusal, set_clock
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of
from tests.tokens.told import forget

PATHS = ("token-requests", "token-request", "sbd/request-tokens")


@pytest.fixture
def house() -> House:
    return House(100)


# Asked -------------------------------------------------------------------------------------------


def test_a_member_asks_and_the_admins_are_told(house: House) -> None:
    forget()

    answer = ask(house.viewer, house, 30, urgency="high")

    stored = request_of(answer.json["request_id"])
    assert answer.status == 201
    assert answer.json == {
        "request_id": stored["_id"],
        "family_id": house.id,
        "requester_user_id": house.viewer.id,
        "requester_username": house.viewer.username,
        "from_user_id": house.viewer.id,
        "from_username": house.viewer.username,
        "amount": 30,
        "reason": WHY,
        "urgency": "high",
        "status": "pending",
        "auto_approved": False,
        "created_at": moment(stored["created_at"]),
        "expires_at": moment(stored["created_at"] + timedelta(hours=168)),
        "reviewed_by": None,
        "reviewed_at": None,
        "admin_comments": None,
        "transaction_id": None,
    }
    assert told("token_request_created") == ids(house.founder, house.admin)
    assert mailed("token_request_created") == addresses(house.founder, house.admin)
    (entry,) = audit("token_request.created")
    assert (entry["target"], entry["family_id"], entry["actor"]) == (stored["_id"], house.id, house.viewer.id)
    assert entry["private"]["reason"] == WHY
    assert house.account["balance"] == 100
    assert ledger_checker.faults() == []


def test_an_admin_who_asks_is_not_told_of_it(house: House) -> None:
    asked(house.founder, house)

    assert told("token_request_created") == ids(house.admin)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_asks_the_same(house: House, path: str) -> None:
    body = {"amount": 5, "reason": WHY}

    answer = Api(house.viewer).post(f"/family/{house.id}/{path}", body)

    assert (answer.status, answer.json["urgency"]) == (201, "medium")
    assert status_of(answer.json["request_id"]) == "pending"


def test_a_key_asks_once_by_whatever_path(house: House) -> None:
    body = {"amount": 5, "reason": WHY}
    calls = [
        Api(house.viewer).post(f"/family/{house.id}/{path}", body, **{"Idempotency-Key": KEY})
        for path in PATHS
    ]

    assert {each.text for each in calls} == {calls[0].text}
    assert [each.headers.get("Idempotency-Replayed") for each in calls] == [None, "true", "true"]
    assert len(documents("token_requests")["token_requests"]) == 1


@pytest.mark.parametrize(("amount", "code"), NO_AMOUNTS)
def test_what_is_no_amount_is_not_asked_for(house: House, amount: Any, code: str) -> None:
    assert faults(lambda: ask(house.viewer, house, amount)) == {("amount", code)}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"reason": "four"}, ("reason", "too_short")),
        ({"reason": "x" * 501}, ("reason", "too_long")),
        ({"urgency": "now"}, ("urgency", "invalid_choice")),
        ({"status": "approved"}, ("status", "unknown_field")),
    ],
)
def test_what_a_request_cannot_say(house: House, body: Any, fault: tuple[str, str]) -> None:
    assert faults(lambda: ask(house.viewer, house, **body)) == {fault}
    assert documents("token_requests") == {"token_requests": []}


def test_of_a_frozen_account_nothing_is_asked_for(house: House) -> None:
    freeze(house.account_id, by=house.founder.actor, now=clock.now())

    status, code, details = refusal(lambda: ask(house.viewer, house))

    assert (status, code, details["frozen_by"]) == (403, "ACCOUNT_FROZEN", house.founder.id)
    assert documents("token_requests") == {"token_requests": []}


def test_an_address_is_to_be_confirmed_first(house: House, settings: Any) -> None:
    settings.REQUIRE_CONFIRMED_EMAIL = True
    collection("users").update({"_id": house.viewer.id}, {"$set": {"email_confirmed_at": None}})

    assert refusal(lambda: ask(house.viewer, house))[:2] == (403, "EMAIL_NOT_CONFIRMED")


def test_a_request_waits_as_long_as_its_family_says(house: House) -> None:
    set_policy(house, request_expiry_hours=2)

    stored = request_of(asked(house.viewer, house))

    assert stored["expires_at"] - stored["created_at"] == timedelta(hours=2)


# Approved by itself --------------------------------------------------------------------------------


def test_what_is_below_the_threshold_is_paid_at_once(house: House) -> None:
    set_policy(house, auto_approval_threshold=10)
    forget()

    answer = ask(house.viewer, house, 10).json

    assert (answer["status"], answer["auto_approved"], answer["reviewed_by"]) == ("auto_approved", True, None)
    (paid,) = [
        each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "token_request"
    ]
    assert answer["transaction_id"] == paid["_id"]
    assert paid["related"] == {"type": "token_request", "id": answer["request_id"]}
    assert (house.account["balance"], account_of(house.viewer)["balance"]) == (90, 10)
    assert told("token_request_created") == []
    assert told("token_request_approved") == ids(house.viewer, house.founder, house.admin)
    assert told("token_transfer_completed") == ids(house.viewer, house.founder, house.admin)
    assert mailed("token_request_approved") == addresses(house.viewer)
    (entry,) = audit("token_request.created")
    assert entry["after"]["transaction"] == paid["_id"]
    assert ledger_checker.faults() == []


@pytest.mark.parametrize(
    ("policy", "amount", "because"),
    [
        ({}, 5, "threshold_off"),
        ({"auto_approval_threshold": 0}, 5, "threshold_off"),
        ({"auto_approval_threshold": 4}, 5, "above_threshold"),
        ({"auto_approval_threshold": 200}, 101, "balance_short"),
        ({"auto_approval_threshold": 10, "auto_approval_daily_cap": 4}, 5, "daily_cap_used"),
    ],
)
def test_the_rest_waits_and_it_is_kept_why(
    house: House, policy: dict[str, int], amount: int, because: str
) -> None:
    if policy:
        set_policy(house, **policy)

    stored = request_of(asked(house.viewer, house, amount))

    assert (stored["status"], stored["waits"]["because"]) == ("pending", because)
    assert house.account["balance"] == 100


def test_without_a_cap_the_threshold_is_the_cap_of_a_day(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(house, auto_approval_threshold=10)
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    set_clock(monkeypatch, day + timedelta(hours=23, minutes=59))

    first = [status_of(asked(house.viewer, house, each)) for each in (6, 4, 1)]
    others = status_of(asked(house.spender, house, 10))
    set_clock(monkeypatch, day + timedelta(days=1))
    next_day = status_of(asked(house.viewer, house, 10))

    assert first == ["auto_approved", "auto_approved", "pending"]
    assert (others, next_day) == ("auto_approved", "auto_approved")
    assert house.account["balance"] == 70


# Looked at -----------------------------------------------------------------------------------------


def test_admins_see_all_and_the_others_their_own_newest_first(house: House) -> None:
    first, second, third = (asked(each, house) for each in (house.viewer, house.spender, house.viewer))

    assert listed(house.admin, house) == [third, second, first]
    assert listed(house.viewer, house) == [third, first]
    assert listed(house.spender, house) == [second]
    assert listed(house.viewer, house, "token-requests/my-requests") == [third, first]
    assert listed(house.admin, house, "token-requests/my-requests") == []


def test_requests_of_another_family_are_not_there(house: House) -> None:
    other = House()
    asked(other.viewer, other)

    assert listed(house.admin, house) == []


def test_pages_of_what_waits_go_from_the_oldest_on(house: House) -> None:
    made = [asked(house.viewer, house, each) for each in range(1, 6)]
    path, pages = f"/family/{house.id}/token-requests/pending?limit=2", []
    while path:
        page = Api(house.admin).get(path).json
        pages.append([each["request_id"] for each in page["results"]])
        path, back = (page["next"] or "").partition("localhost:8000")[2], page["previous"]

    assert pages == [made[:2], made[2:4], made[4:]]
    before = Api(house.admin).get(back.partition("localhost:8000")[2]).json
    assert [each["request_id"] for each in before["results"]] == made[2:4]


def test_an_overdue_request_is_expired_whatever_the_job_has_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = asked(house.viewer, house), asked(house.viewer, house)
    set_clock(monkeypatch, request_of(first)["expires_at"])

    assert listed(house.admin, house, query="?status=expired") == [first]
    assert listed(house.admin, house, query="?status_filter=pending") == [second]
    assert listed(house.admin, house, "token-requests/pending") == [second]
    shown = Api(house.viewer).get(f"/family/{house.id}/token-requests").json["results"]
    assert [each["status"] for each in shown] == ["pending", "expired"]


@pytest.mark.parametrize("query", ["status=open", "status=PENDING", "status=pending&status_filter=denied"])
def test_no_other_status_is_filtered_by(house: House, query: str) -> None:
    answer = Api(house.admin).get(f"/family/{house.id}/token-requests?{query}")

    assert answer.problem == (400, "INVALID_STATUS_FILTER")


def test_how_many_wait_stands_beside_the_balance(house: House, stranger: Person) -> None:
    asked(house.viewer, house)
    asked(house.spender, house)

    seen = {
        each.id: Api(each).get(f"/family/{house.id}/sbd-account/available-balance").json["data"]
        for each in house.people
    }
    counts = {user_id: each["pending_requests_count"] for user_id, each in seen.items()}
    assert counts == {house.founder.id: 2, house.admin.id: 2, house.spender.id: 1, house.viewer.id: 1}
    assert ask(stranger, house).problem == (404, "FAMILY_NOT_FOUND")
    assert ask(new_person(), House()).problem == (404, "FAMILY_NOT_FOUND")
