"""POST /family/{id}/compliance/report. Source: HTTP contract, section 13."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.audit import sealing
from ops.mongo.collections import collection
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import Person, new_person
from tests.families.household import new_entries
from tests.tokens import deeds
from tests.tokens.calls import moment, nothing_moves, set_clock
from tests.tokens.deeds import House

pytestmark = pytest.mark.usefixtures("no_heads")
FIRST = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = FIRST + 5 * DAY
YEAR = timedelta(days=365)
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """A family of which 1, 2 and 3 tokens were transferred, one a day at nine; 5 came back a day later."""
    made, recipient = House(100), new_person()
    for number in range(3):
        at = FIRST + number * DAY
        deeds.transfer(made.account_id, recipient, number + 1, by=made.spender, now=at)
    deeds.transfer(made.account_id, made.viewer, 5, by=made.spender, now=FIRST + 3 * DAY)
    deeds.contribute(made.account_id, 5, by=made.viewer, now=FIRST + 4 * DAY)
    sealing.seal_due(now=NOW)
    set_clock(monkeypatch, NOW)
    return made


def report(house: House, body: Any = None, query: str = "", person: Person | None = None) -> Answer:
    return Api(person or house.founder).post(f"/family/{house.id}/compliance/report{query}", body)


def data(house: House, body: Any = None, query: str = "") -> dict[str, Any]:
    answer = report(house, body, query)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json["data"]
    return found


def rows(answer: Answer) -> list[dict[str, str]]:
    assert (answer.status, answer.media_type) == (200, "text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.text.decode(), newline="")))


def test_a_report_tells_whose_it_is_and_of_which_time(house: House) -> None:
    found = data(house)

    assert found["report_metadata"] == {
        "report_id": found["report_metadata"]["report_id"],
        "report_type": "comprehensive",
        "export_format": "json",
        "generated_at": moment(NOW),
        "generated_by": house.founder.id,
        "generated_by_username": house.founder.username,
        "period": {"start_date": moment(NOW + MOMENT - YEAR), "end_date": moment(NOW + MOMENT)},
        "has_more_transactions": False,
    }
    assert found["family_information"] == {
        "family_id": house.id,
        "name": "Larks",
        "created_at": moment(house.family["created_at"]),
        "member_count": 4,
        "admin_user_ids": [house.founder.id, house.admin.id],
        "account_username": "family_larks",
        "account_status": "active",
        "current_balance": 94,
    }


def test_a_report_says_what_moved_beside_the_audit_log(house: House) -> None:
    found = data(house)

    changes = found["compliance_statistics"]
    assert changes["changes_by_action"]["tokens.paid"] == 5
    assert changes["total_changes"] == sum(changes["changes_by_action"].values())
    assert found["transaction_summary"] == {
        "total_transactions": 6,
        "total_debits": 11,
        "total_credits": 105,
        "opening_balance": 0,
        "closing_balance": 94,
        "by_type": [
            {"type": "contribution", "direction": "credit", "count": 1, "amount": 5},
            {"type": "issuance", "direction": "credit", "count": 1, "amount": 100},
            {"type": "transfer", "direction": "debit", "count": 4, "amount": 11},
        ],
    }
    assert found["audit_integrity"]["integrity_verified"] is True
    assert (
        found["audit_integrity"]["total_records_checked"] == found["compliance_statistics"]["total_changes"]
    )
    detailed = found["detailed_transactions"]
    assert [each["amount"] for each in detailed] == [5, 5, 3, 2, 1, 100]
    paid = audit("tokens.paid")[::-1]
    assert [each["audit_id"] for each in detailed] == [*(each["_id"] for each in paid), None]
    assert [each["audit_sequence"] for each in detailed[:5]] == [each["family_seq"] for each in paid]


def test_a_report_leaves_one_audit_entry_and_nothing_else(house: House) -> None:
    stored = documents()

    found = data(house, {"report_type": "summary", "start_date": "2027-03-01", "end_date": "2027-03-02"})

    (entry,) = new_entries(stored["audit_log"])
    assert (entry["action"], entry["actor"], entry["target"]) == (
        "compliance.reported",
        house.founder.id,
        house.id,
    )
    assert entry["after"] == {
        "report_id": found["report_metadata"]["report_id"],
        "report_type": "summary",
        "export_format": "json",
        "since": "2027-03-01T00:00:00+00:00",
        "until": "2027-03-03T00:00:00+00:00",
    }
    after = documents()
    assert {name for name in after if after[name] != stored.get(name, [])} == {"audit_log"}


def test_a_report_of_a_time_has_that_time_only(house: House) -> None:
    found = data(
        house, {"report_type": "transactions_only", "start_date": "2027-03-02", "end_date": "2027-03-03"}
    )

    assert [each["amount"] for each in found["detailed_transactions"]] == [3, 2]
    assert (
        found["transaction_summary"]["opening_balance"],
        found["transaction_summary"]["closing_balance"],
    ) == (
        99,
        94,
    )
    assert found["compliance_statistics"] == {"total_changes": 2, "changes_by_action": {"tokens.paid": 2}}


def test_a_summary_lists_no_transactions(house: House) -> None:
    assert "detailed_transactions" not in data(house, {"report_type": "summary"})


def test_of_many_transactions_the_newest_are_listed_and_the_file_has_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("families.actions.reporting.MOST_DETAILED", 2)
    monkeypatch.setattr("tokens.queries.READ_AT_ONCE", 2)

    found = data(house)
    in_file = rows(report(house, {"export_format": "csv"}))

    assert [each["amount"] for each in found["detailed_transactions"]] == [5, 5]
    assert found["report_metadata"]["has_more_transactions"] is True
    assert [each["amount"] for each in in_file] == ["5", "5", "3", "2", "1", "100"]


def test_a_file_says_what_the_answer_says(house: House) -> None:
    answer = report(house, {"export_format": "csv", "report_type": "transactions_only"})
    (entry,) = audit("compliance.reported")
    listed = data(house)["detailed_transactions"]
    first, *_, last = rows(answer)
    named = f"{entry['after']['report_id']}.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{named}"'
    assert answer.headers["Cache-Control"] == "no-store"
    for name in ("transaction_id", "type", "direction", "timestamp", "from_user", "to_user", "audit_id"):
        assert (first[name], last[name]) == (listed[0][name], listed[-1][name] or "")
    assert (first["audit_sequence"], last["audit_sequence"]) == (str(listed[0]["audit_sequence"]), "")


def test_a_summary_as_file_has_a_line_a_kind(house: House) -> None:
    assert rows(report(house, {"export_format": "csv", "report_type": "summary"})) == [
        {"type": "contribution", "direction": "credit", "count": "1", "amount": "5"},
        {"type": "issuance", "direction": "credit", "count": "1", "amount": "100"},
        {"type": "transfer", "direction": "debit", "count": "4", "amount": "11"},
    ]


def test_what_is_wanted_may_stand_in_the_query(house: House) -> None:
    in_query = data(house, query="?report_type=summary&start_date=2027-03-02&end_date=2027-03-02")
    in_both = data(house, {"report_type": "summary"}, "?report_type=summary&start_date=2027-03-02")

    assert in_query["transaction_summary"]["total_debits"] == 2
    assert in_both["transaction_summary"]["total_debits"] == 10
    with nothing_moves():
        differing = report(house, {"report_type": "summary"}, "?report_type=comprehensive")
    assert differing.faults == {("query.report_type", "not_allowed")}


def test_a_broken_chain_is_told_in_the_report(house: House) -> None:
    entry = audit("tokens.paid")[1]
    collection("audit_log").update({"_id": entry["_id"]}, {"$set": {"after.amount": 1000}})

    found = data(house)["audit_integrity"]

    assert found["integrity_verified"] is False
    assert [each["audit_id"] for each in found["corrupted_records"]] == [entry["_id"]]


@pytest.mark.parametrize(
    ("body", "query", "problem"),
    [
        ({"report_type": "monthly"}, "", "INVALID_REPORT_TYPE"),
        (None, "?report_type=", "INVALID_REPORT_TYPE"),
        ({"export_format": "pdf"}, "", "INVALID_EXPORT_FORMAT"),
        (None, "?export_format=xml", "INVALID_EXPORT_FORMAT"),
        ({"start_date": "yesterday"}, "", "INVALID_DATE_FORMAT"),
        (None, "?end_date=2027-02-30", "INVALID_DATE_FORMAT"),
        ({"report_type": 1}, "", "VALIDATION_ERROR"),
        ({"start_date": "2027-03-02", "end_date": "2027-03-01"}, "", "VALIDATION_ERROR"),
        ({"start_date": "2026-03-01", "end_date": "2027-03-02"}, "", "VALIDATION_ERROR"),
        ({"kind": "summary"}, "", "VALIDATION_ERROR"),
    ],
)
def test_what_cannot_be_had_is_refused_and_leaves_nothing(
    house: House, body: Any, query: str, problem: str
) -> None:
    with nothing_moves():
        answer = report(house, body, query)

    assert answer.problem == (400, problem)


def test_the_faulty_field_is_named_where_it_stood(house: House) -> None:
    assert report(house, {"end_date": "2027"}).json["details"][0]["field"] == "end_date"
    assert report(house, query="?end_date=2027").json["details"][0]["field"] == "query.end_date"
    assert report(house, {"export_format": "pdf"}).json["details"] == [
        {"field": "export_format", "code": "invalid_choice", "message": "Possible: json, csv."}
    ]


def test_only_admins_get_one(house: House, stranger: Person) -> None:
    with nothing_moves():
        assert report(house, person=house.viewer).problem == (403, "INSUFFICIENT_PERMISSIONS")
        assert report(house, person=stranger).problem == (404, "FAMILY_NOT_FOUND")
