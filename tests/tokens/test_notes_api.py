"""PATCH /sbd_tokens/transaction/note. Source: HTTP contract, sections 8 and 18 (17)."""

from typing import Any

import pytest

from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import Person
from tests.tokens.calls import Refusal, annotate, faults, nothing_moves, refusal, send, transfer
from tests.tokens.deeds import House
from tests.tokens.funds import account_of, issue

NOTHING: Refusal = (404, "NOT_FOUND", {})


@pytest.fixture
def sent(person: Person, stranger: Person) -> str:
    """Id of what the person sent to the stranger."""
    issue(account_of(person)["_id"], 9)
    found: str = send(person, stranger.username, 9, note="for bread").json["transaction_id"]
    return found


def notes(person: Person) -> list[str | None]:
    page = Api(person).get("/sbd_tokens/transactions").json
    return [each["note"] for each in page["results"]]


def test_each_party_writes_its_own_copy(person: Person, stranger: Person, sent: str) -> None:
    answer = annotate(stranger, sent, " from omar ")

    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "message": "The note is written.",
        "transaction_safe": True,
        "transaction_id": sent,
        "note": "from omar",
    }
    assert notes(stranger) == ["from omar"]
    assert notes(person) == ["for bread", None]
    annotate(person, sent, "")
    assert notes(person) == ["", None]
    kept = [each["note"] for each in documents("sbd_transactions")["sbd_transactions"] if each["_id"] == sent]
    assert kept == ["for bread"]


def test_it_is_recorded_and_what_was_written_stands_apart(stranger: Person, sent: str) -> None:
    annotate(stranger, sent, "from omar")

    (entry,) = audit("note.changed")
    assert (entry["actor"], entry["target"]) == (stranger.id, sent)
    assert (entry["private"]["before"], entry["private"]["after"]) == ("for bread", "from omar")
    assert "omar" not in public_part(entry)


def test_the_same_again_changes_nothing(stranger: Person, sent: str) -> None:
    annotate(stranger, sent, "from omar")

    with nothing_moves():
        answer = annotate(stranger, sent, "from omar")

    assert (answer.status, answer.json["note"]) == (200, "from omar")


def test_who_has_no_part_in_it_finds_nothing(sent: str) -> None:
    house = House(9)
    paid = transfer(house.founder, house, house.viewer.id).json["data"]["transaction_id"]

    assert refusal(lambda: annotate(house.founder, sent, "mine")) == NOTHING
    # They paid of the family's account: their own has no part in it.
    assert refusal(lambda: annotate(house.founder, paid, "mine")) == NOTHING
    assert refusal(lambda: annotate(house.founder, "txn_nothing", "mine")) == NOTHING
    assert annotate(house.viewer, paid, "mine").status == 200


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {("transaction_id", "required"), ("note", "required")}),
        ({"transaction_id": 5, "note": "x"}, {("transaction_id", "invalid_type")}),
        ({"transaction_id": "txn_1", "note": None}, {("note", "null")}),
        ({"transaction_id": "txn_1", "note": "x" * 501}, {("note", "too_long")}),
        ({"transaction_id": "txn_1", "note": "a\u202eb"}, {("note", "invalid_format")}),
        ({"transaction_id": "txn_1", "note": "x", "amount": 5}, {("amount", "unknown_field")}),
    ],
)
def test_a_body_of_another_shape_is_refused(
    person: Person, body: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert faults(lambda: Api(person).send("PATCH", "/sbd_tokens/transaction/note", body)) == found
