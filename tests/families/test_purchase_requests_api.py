"""Asking that something is bought, and deciding on it. Source: HTTP contract, sections 9, 17 and 18."""

from datetime import timedelta
from typing import Any

import pytest

from ops import clock
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import Person
from tests.families.asking import (
    KITE,
    WALLET,
    ask_to_buy,
    asked_to_buy,
    decide,
    listed,
    request_of,
    status_of,
)
from tests.families.household import addresses, ids, mailed, told
from tests.tokens import ledger_checker
from tests.tokens.calls import KEY, NO_AMOUNTS, faults, moment, nothing_moves, set_clock
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of
from tests.tokens.told import forget
from tokens.models.system import MERCHANT

LINK = "https://shop.example/kites/3?colour=red"


@pytest.fixture
def house() -> House:
    return House(100)


@pytest.fixture
def request_id(house: House) -> str:
    """The viewer's request for a kite."""
    return asked_to_buy(house.viewer, house)


# Asked -------------------------------------------------------------------------------------------


def test_a_member_asks_and_the_admins_are_told_in_the_app(house: House) -> None:
    forget()

    answer = ask_to_buy(house.viewer, house, link=LINK)

    stored = request_of(answer.json["request_id"])
    assert answer.status == 201
    assert answer.json == {
        "request_id": stored["_id"],
        "family_id": house.id,
        "requester_info": {"user_id": house.viewer.id, "username": house.viewer.username},
        "item_info": {"name": "A kite", "link": LINK},
        "cost": 5,
        "reason": KITE["reason"],
        "status": "PENDING",
        "created_at": moment(stored["created_at"]),
        "expires_at": moment(stored["created_at"] + timedelta(hours=168)),
        "reviewed_at": None,
        "reviewed_by_info": None,
        "denial_reason": None,
        "transaction_id": None,
    }
    assert told("purchase_request_created") == ids(house.founder, house.admin)
    assert mailed("purchase_request_created") == []
    (entry,) = audit("purchase_request.created")
    assert (entry["target"], entry["after"]["amount"]) == (stored["_id"], 5)
    said = {"reason": KITE["reason"], "item_name": "A kite", "link": LINK}
    assert {name: entry["private"][name] for name in said} == said
    assert "kite" not in public_part(entry)


def test_the_wallet_asks_the_same_of_a_family_that_is_named(house: House) -> None:
    answer = Api(house.viewer).post(WALLET, KITE | {"family_id": house.id})

    assert (answer.status, answer.json["status"]) == (201, "PENDING")
    assert listed(house.admin, house, "purchase-requests") == [answer.json["request_id"]]
    seen = Api(house.admin).get(f"{WALLET}?family_id={house.id}").json["results"]
    assert [each["request_id"] for each in seen] == [answer.json["request_id"]]
    assert Api(house.admin).get(WALLET).faults == {("query.family_id", "required")}
    assert Api(house.viewer).post(WALLET, KITE).faults == {("family_id", "required")}


def test_a_key_asks_once(house: House) -> None:
    first, again = (ask_to_buy(house.viewer, house, key=KEY) for _ in range(2))

    assert first.text == again.text
    assert len(documents("purchase_requests")["purchase_requests"]) == 1


def test_of_a_frozen_account_a_purchase_can_be_asked_for(house: House) -> None:
    freeze(house.account_id, by=house.founder.actor, now=clock.now())

    request_id = asked_to_buy(house.viewer, house)

    with nothing_moves():
        assert decide(house.admin, house, request_id).problem == (403, "ACCOUNT_FROZEN")
    assert status_of(request_id) == "pending"


@pytest.mark.parametrize(("amount", "code"), NO_AMOUNTS)
def test_what_is_no_cost_is_refused(house: House, amount: Any, code: str) -> None:
    assert faults(lambda: ask_to_buy(house.viewer, house, cost=amount)) == {("cost", code)}


@pytest.mark.parametrize(
    "link",
    [
        "http://shop.example/kite",
        "javascript:alert(1)",
        "https://",
        "https:///kite",
        "https://ada@shop.example/kite",
        "https://shop.example/a kite",
        "https://shop.example/<kite>",
        "//shop.example/kite",
        "https://[shop.example/kite",
    ],
)
def test_what_is_no_link_is_refused(house: House, link: str) -> None:
    assert faults(lambda: ask_to_buy(house.viewer, house, link=link)) == {("link", "invalid_format")}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"item_name": "  "}, ("item_name", "too_short")),
        ({"item_name": "x" * 201}, ("item_name", "too_long")),
        ({"link": "https://shop.example/" + "x" * 1980}, ("link", "too_long")),
        ({"reason": "four"}, ("reason", "too_short")),
        ({"family_id": "fam_1"}, ("family_id", "unknown_field")),
    ],
)
def test_what_a_purchase_cannot_say(house: House, body: Any, fault: tuple[str, str]) -> None:
    assert faults(lambda: ask_to_buy(house.viewer, house, **body)) == {fault}


# Decided -------------------------------------------------------------------------------------------


def test_an_approved_purchase_pays_the_merchant(house: House, request_id: str) -> None:
    forget()

    answer = decide(house.admin, house, request_id).json

    (paid,) = [
        each for each in documents("sbd_transactions")["sbd_transactions"] if each["kind"] == "purchase"
    ]
    assert (answer["status"], answer["transaction_id"]) == ("APPROVED", paid["_id"])
    assert answer["reviewed_by_info"] == {"user_id": house.admin.id, "username": house.admin.username}
    assert paid["related"] == {"type": "purchase_request", "id": request_id}
    assert paid["note"] == "A kite"
    assert [each["account"] for each in paid["postings"]] == [house.account_id, f"acc_{MERCHANT}"]
    assert (house.account["balance"], account_of(house.viewer)["balance"]) == (95, 0)
    assert told("purchase_request_approved") == ids(house.viewer)
    assert mailed("purchase_request_approved") == addresses(house.viewer)
    assert told("token_transfer_completed") == []
    (entry,) = audit("purchase_request.approved")
    assert (entry["target"], entry["after"]["transaction"]) == (request_id, paid["_id"])
    assert ledger_checker.faults() == []


def test_a_denied_purchase_pays_nobody(house: House, request_id: str) -> None:
    forget()

    answer = decide(house.founder, house, request_id, "deny", {"reason": "we have one"}).json

    assert (answer["status"], answer["denial_reason"]) == ("DENIED", "we have one")
    assert answer["transaction_id"] is None
    assert told("purchase_request_denied") == ids(house.viewer)
    assert (house.account["balance"], len(audit("purchase_request.denied"))) == (100, 1)
    assert ledger_checker.faults() == []


@pytest.mark.parametrize(("action", "status"), [("approve", "APPROVED"), ("deny", "DENIED")])
def test_the_wallet_decides_the_same(house: House, request_id: str, action: str, status: str) -> None:
    answer = decide(house.admin, None, request_id, action)

    assert (answer.status, answer.json["status"]) == (200, status)
    assert status_of(request_id) == status.lower()


@pytest.mark.parametrize("first", ["approve", "deny"])
@pytest.mark.parametrize("second", ["approve", "deny"])
def test_what_was_decided_is_not_decided_again(
    house: House, request_id: str, first: str, second: str
) -> None:
    decide(house.founder, house, request_id, first)

    with nothing_moves():
        answer = decide(house.admin, None, request_id, second)

    assert answer.problem == (400, "REQUEST_NOT_PENDING")
    assert answer.json["details"] == {"status": status_of(request_id).upper()}


def test_what_is_not_there_is_not_bought(house: House) -> None:
    request_id = asked_to_buy(house.viewer, house, cost=101)

    with nothing_moves():
        assert decide(house.admin, house, request_id).problem == (400, "INSUFFICIENT_BALANCE")
    assert status_of(request_id) == "pending"


def test_an_admin_buys_nothing_alone_while_another_could_decide(house: House) -> None:
    request_id = asked_to_buy(house.founder, house)

    with nothing_moves():
        for path in (house, None):
            answer = decide(house.founder, path, request_id)
            assert answer.problem == (403, "SELF_APPROVAL_FORBIDDEN")
    assert decide(house.founder, house, request_id, "deny").status == 200


def test_strangers_and_members_decide_nothing(house: House, request_id: str, stranger: Person) -> None:
    other = House()

    with nothing_moves():
        for action in ("approve", "deny"):
            unknown = (404, "PURCHASE_REQUEST_NOT_FOUND")
            assert decide(stranger, house, request_id, action).problem == (404, "FAMILY_NOT_FOUND")
            assert decide(stranger, None, request_id, action).problem == unknown
            assert decide(stranger, None, "pr_1", action).problem == unknown
            assert decide(other.founder, other, request_id, action).problem == unknown
            for path in (house, None):
                answer = decide(house.viewer, path, request_id, action)
                assert answer.problem == (403, "INSUFFICIENT_PERMISSIONS")
    assert status_of(request_id) == "pending"


def test_an_expired_purchase_is_not_there_any_more(
    house: House, request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, request_of(request_id)["expires_at"])

    with nothing_moves():
        for path in (house, None):
            for action in ("approve", "deny"):
                answer = decide(house.admin, path, request_id, action)
                assert answer.problem == (404, "PURCHASE_REQUEST_NOT_FOUND")
    shown = Api(house.viewer).get(f"/family/{house.id}/purchase-requests").json["results"]
    assert [each["status"] for each in shown] == ["EXPIRED"]


# Looked at -----------------------------------------------------------------------------------------


def test_admins_see_all_and_the_others_their_own(house: House) -> None:
    first, second = asked_to_buy(house.viewer, house), asked_to_buy(house.spender, house)
    decide(house.admin, house, second, "deny")
    path = "purchase-requests"

    assert listed(house.admin, house, path) == [second, first]
    assert listed(house.viewer, house, path) == [first]
    assert listed(house.admin, house, path, "?status=DENIED") == [second]
    assert listed(house.admin, house, path, "?status_filter=PENDING") == [first]
    for query in ("status=denied", "status=AUTO_APPROVED"):
        answer = Api(house.admin).get(f"/family/{house.id}/{path}?{query}")
        assert answer.problem == (400, "INVALID_STATUS_FILTER")
