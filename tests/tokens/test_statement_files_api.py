"""Statements as CSV. Source: HTTP contract, section 8 (CSV); RFC 4180."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from tests.api import Answer, Api
from tests.factories import Person, new_person
from tests.tokens import deeds
from tests.tokens.calls import moment, nothing_moves, send, set_clock
from tests.tokens.deeds import House
from tests.tokens.funds import account_of, issue
from tokens import queries

HEADER = (
    *("transaction_id", "type", "direction", "amount", "balance_after", "seq", "from_user", "to_user"),
    *("timestamp", "note", "actor_user_id", "actor_username", "related_type", "related_id"),
)
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def own(person: Person, query: str = "") -> Answer:
    return Api(person).get(f"/sbd_tokens/transactions{query}", accept="text/csv")


def rows(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.text
    assert answer.media_type == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text.decode(), newline="")))


def test_a_file_says_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(50)
    deeds.transfer(house.account_id, house.viewer, 20, by=house.founder, now=NOW)
    set_clock(monkeypatch, NOW)
    path = f"/family/{house.id}/sbd-account/transactions?from=2026-11-01&to=2027-03-02"

    with nothing_moves():
        answer = Api(house.viewer).get(path, accept="text/csv")

    header = answer.text.decode().split("\r\n")[0]
    assert header == ",".join(HEADER)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="family_larks.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    paid, issued = rows(answer)
    assert paid == {
        "transaction_id": paid["transaction_id"],
        "type": "transfer",
        "direction": "debit",
        "amount": "20",
        "balance_after": "30",
        "seq": "2",
        "from_user": "family_larks",
        "to_user": house.viewer.username,
        "timestamp": moment(NOW),
        "note": "for bread",
        "actor_user_id": house.founder.id,
        "actor_username": house.founder.username,
        "related_type": "",
        "related_id": "",
    }
    assert (issued["type"], issued["actor_user_id"], issued["actor_username"]) == (
        "issuance",
        "",
        "the support",
    )


@pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("//x","y")'])
def test_no_text_is_a_formula(person: Person, note: str) -> None:
    issue(account_of(person)["_id"], 9)
    send(person, new_person("-dash").username, 9, note=note)

    sent, _ = rows(own(person))

    assert (sent["note"], sent["to_user"]) == (f"'{note}", "'-dash")


@pytest.mark.parametrize("note", ["a, b", 'she said "now"', "1=1", "ünïcode 🥖"])
def test_any_other_text_stays_as_it_is(person: Person, stranger: Person, note: str) -> None:
    issue(account_of(person)["_id"], 9)
    send(person, stranger.username, 9, note=note)

    assert rows(own(person))[0]["note"] == note


def test_a_file_has_all_of_its_range_however_often_it_is_read(
    person: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(account_of(person)["_id"], 100)
    for amount in range(1, 6):
        send(person, stranger.username, amount)
    for at_once in (1, 2, 3, 6, 7):
        monkeypatch.setattr(queries, "READ_AT_ONCE", at_once)
        assert [each["amount"] for each in rows(own(person, "?limit=2"))] == ["5", "4", "3", "2", "1", "100"]


def test_a_file_is_filtered_as_a_page_is(person: Person, stranger: Person) -> None:
    issue(account_of(person)["_id"], 9)
    send(person, stranger.username, 4)

    assert [each["amount"] for each in rows(own(person, "?type=issuance"))] == ["9"]
    assert [each["amount"] for each in rows(own(person, f"?user_id={stranger.id}"))] == ["4"]
    assert rows(own(person, "?to=2026-01-01&from=2025-12-01")) == []
    assert rows(own(new_person())) == []


def test_a_file_goes_back_366_days_unless_it_is_told_from_when(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(50)
    deeds.transfer(house.account_id, house.viewer, 20, by=house.founder, now=NOW)
    last = NOW + timedelta(days=366)

    def found(at: datetime, query: str = "") -> list[str]:
        set_clock(monkeypatch, at)
        return [each["amount"] for each in rows(own(house.viewer, query))]

    assert found(last) == ["20"]
    assert found(last + timedelta(milliseconds=1)) == []
    assert found(last + timedelta(days=9), f"?from={moment(NOW)}&to={moment(last)}") == ["20"]
    assert found(last + timedelta(days=9), f"?to={moment(last)}") == ["20"]


@pytest.mark.parametrize("query", ["?from=2025-01-01&to=2026-01-02", "?from=0001-01-01"])
def test_a_longer_range_is_refused(person: Person, query: str) -> None:
    answer = own(person, query)

    assert answer.faults == {("query.from", "not_allowed")}


def test_refusals_are_told_as_everywhere(person: Person, stranger: Person) -> None:
    house = House()
    path = f"/family/{house.id}/sbd-account/transactions"

    assert Api(stranger).get(path, accept="text/csv").problem == (404, "FAMILY_NOT_FOUND")
    assert own(person, "?from=yesterday").problem == (400, "INVALID_DATE_FORMAT")
    assert Api().get(path, accept="text/csv").problem == (401, "AUTHENTICATION_REQUIRED")
    assert Api(person).get("/sbd_tokens", accept="text/csv").problem == (406, "NOT_ACCEPTABLE")
    assert Api(person).get("/sbd_tokens/transactions", accept="text/xml").problem == (406, "NOT_ACCEPTABLE")
    both = Api(person).get("/sbd_tokens/transactions", accept="text/csv;q=0.5, application/json")
    assert both.media_type == "application/json"
