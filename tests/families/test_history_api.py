"""GET /family/{id}/sbd-transactions/history. Source: HTTP contract, sections 1.3 and 13."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from ops import switches
from ops.audit import sealing
from tests.api import Answer, Api
from tests.database import audit
from tests.factories import Person, new_person
from tests.test_round_trips import cost_of
from tests.tokens import deeds
from tests.tokens.calls import moment, nothing_moves
from tests.tokens.deeds import House
from tests.waiting import until
from tests.world import TESTS
from tokens.actions import issuing, reversing

pytestmark = pytest.mark.usefixtures("no_heads")
FIRST = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def house() -> House:
    """A family of which 1, 2 and 3 tokens were transferred, one a day at nine."""
    made, recipient = House(100), new_person()
    for number in range(3):
        deeds.transfer(made.account_id, recipient, number + 1, by=made.spender, now=FIRST + number * DAY)
    return made


def history(house: House, query: str = "", person: Person | None = None) -> Answer:
    return Api(person or house.viewer).get(f"/family/{house.id}/sbd-transactions/history{query}")


def rows(house: House, query: str = "") -> list[dict[str, Any]]:
    answer = history(house, query)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def amounts(house: House, query: str = "") -> list[int]:
    return [each["transaction_details"]["amount"] for each in rows(house, query)]


def test_a_page_shows_the_statement_beside_the_audit_log(house: House) -> None:
    sealing.seal_due(now=FIRST + DAY)

    with nothing_moves():
        answer = history(house)

    last, _, first, issued = answer.json["results"]
    payments = audit("tokens.paid")
    asked: dict[str, Any] = {
        "start_date": None,
        "end_date": None,
        "transaction_types": [],
        "include_audit_trail": True,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "results": answer.json["results"],
        "next": None,
        "previous": None,
        "family_id": house.id,
        "query_metadata": asked | {"limit": 20},
        "audit_summary": {"transactions": 4, "audited": 3, "sealed": 1},
    }
    assert first == shown(house, payments[0], first)
    unsealed = {"audit_recorded": True, "audit_sequence": None, "is_sealed": False}
    assert (last["audit_id"], last["compliance_metadata"]) == (payments[2]["_id"], unsealed)
    assert (issued["audit_id"], issued["audit_trail"]) == (None, [])
    nobody = {"user_id": None, "username": "the support", "is_member": False, "role": None}
    assert issued["family_member_attribution"] == nobody


def shown(house: House, paid: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return how the first payment is shown, which is sealed."""
    spender = {"user_id": house.spender.id, "username": house.spender.username}
    of_audit = {"audit_id": paid["_id"], "timestamp": moment(FIRST)}
    return {
        **of_audit,
        "transaction_details": {
            "transaction_id": paid["target"],
            "type": "transfer",
            "direction": "debit",
            "amount": 1,
            "balance_after": 99,
            "seq": 2,
            "from_user": "family_larks",
            "to_user": row["transaction_details"]["to_user"],
        },
        "family_member_attribution": {**spender, "is_member": True, "role": "member"},
        "transaction_context": {"account_username": "family_larks", "note": "for bread", "related": None},
        "compliance_metadata": {
            "audit_recorded": True,
            "audit_sequence": paid["family_seq"],
            "is_sealed": True,
        },
        "audit_trail": [
            {
                **of_audit,
                "action": "tokens.paid",
                "actor_user_id": house.spender.id,
                "actor_username": house.spender.username,
                "audit_sequence": paid["family_seq"],
            }
        ],
    }


def test_without_the_trail_it_says_as_much_otherwise(house: House) -> None:
    with_it, without = rows(house), rows(house, "?include_audit_trail=false")

    assert without == [{name: each[name] for name in each if name != "audit_trail"} for each in with_it]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?start_date=2027-03-02", [3, 2]),
        ("?end_date=2027-03-02", [2, 1, 100]),
        ("?start_date=2027-03-02T09:00:00Z&end_date=2027-03-03T09:00:00Z", [2]),
        ("?transaction_types=issuance", [100]),
        ("?transaction_types=issuance,transfer", [3, 2, 1, 100]),
        ("?transaction_types=transfer,%20transfer&start_date=2027-03-03", [3]),
        ("?transaction_types=contribution,reversal", []),
    ],
)
def test_it_is_filtered_by_time_and_types(house: House, query: str, expected: list[int]) -> None:
    assert amounts(house, query) == expected


def test_page_by_page_none_is_left_out(house: House) -> None:
    found, query = [], "?limit=2&transaction_types=transfer,issuance"
    while query:
        answer = history(house, query)
        found += [each["transaction_details"]["amount"] for each in answer.json["results"]]
        following = answer.json["next"]
        query = f"?{urlsplit(following).query}" if following else ""

    assert found == [3, 2, 1, 100]
    other = f"?cursor={answer.json['previous'].partition('cursor=')[2]}"
    assert history(house, other).faults == {("query.cursor", "unavailable")}


def test_what_is_done_later_to_a_transaction_is_in_its_trail(house: House) -> None:
    first = rows(house)[2]["transaction_details"]["transaction_id"]
    reversing.reverse(first, actor=TESTS, now=FIRST + 3 * DAY, reason="for a test")

    back, *_, paid, _ = rows(house)

    assert [each["action"] for each in paid["audit_trail"]] == ["tokens.paid", "transaction.reversed"]
    assert [each["action"] for each in back["audit_trail"]] == ["transaction.reversed"]
    assert (back["audit_trail"][0]["actor_user_id"], back["audit_trail"][0]["actor_username"]) == (
        None,
        "the support",
    )
    assert back["audit_id"] == back["audit_trail"][0]["audit_id"] != paid["audit_id"]


def test_what_was_decided_is_found_by_what_was_paid_for(house: House) -> None:
    """A payment by a decision has no entry of its own: that of the decision was written with it."""
    issued = issuing.issue(house.account_id, 9, actor=TESTS, now=FIRST + 4 * DAY, reason="for a test")

    newest = next(each for each in rows(house) if each["transaction_context"]["related"])

    assert newest["transaction_context"]["related"] == {"type": "issuance", "id": issued["_id"]}
    (entry,) = [each for each in audit() if each["target"] == issued["_id"]]
    assert newest["audit_id"] == entry["_id"]


def test_who_left_is_no_member_any_more(house: House) -> None:
    deeds.leave(house.id, house.spender)

    assert rows(house)[0]["family_member_attribution"] == {
        "user_id": house.spender.id,
        "username": house.spender.username,
        "is_member": False,
        "role": None,
    }


def test_it_costs_the_same_however_much_there_is(house: House) -> None:
    assert until(lambda: switches.current() is not None)
    assert history(house).status == 200  # from now on the session is remembered
    few, _ = cost_of(lambda: history(house, "?limit=2"))
    many, _ = cost_of(lambda: history(house))

    looks = ["aggregate families", "aggregate sbd_entries", "aggregate audit_log", "find users"]
    assert few == many == looks


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("?transaction_types=gift", ("query.transaction_types", "invalid_choice")),
        ("?include_audit_trail=yes", ("query.include_audit_trail", "invalid_type")),
        ("?start_date=2027-03-02&end_date=2027-03-01", ("query.start_date", "not_allowed")),
        ("?limit=101", ("query.limit", "too_large")),
        ("?offset=1", ("query.offset", "use_cursor")),
    ],
)
def test_what_cannot_be_asked_for_is_refused(house: House, query: str, fault: tuple[str, str]) -> None:
    assert history(house, query).faults == {fault}


def test_a_date_that_is_none_is_refused_and_a_stranger_sees_nothing(house: House, stranger: Person) -> None:
    assert history(house, "?start_date=yesterday").problem == (400, "INVALID_DATE_FORMAT")
    assert history(house, person=stranger).problem == (404, "FAMILY_NOT_FOUND")
