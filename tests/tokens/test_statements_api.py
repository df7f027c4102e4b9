"""GET of statements, a family's and one's own, in pages. Source: HTTP contract, sections 1.3, 8 and 19."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.api import Answer, Api
from tests.factories import Person, new_person
from tests.tokens import deeds
from tests.tokens.calls import moment, nothing_moves, set_clock
from tests.tokens.deeds import House
from tests.tokens.funds import account_of, issue

# Later than whatever the tests' issuance bears, so that times and numbers agree.
FIRST = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FAMILY, OWN = "family", "own"


class Books:
    """A family of which 1, 2, … tokens were transferred, one a day at nine, and who got all of them."""

    def __init__(self, transfers: int) -> None:
        """Make them."""
        self.house = House(1000)
        self.recipient = new_person()
        for each in range(transfers):
            self.pay(each + 1, FIRST + each * DAY)

    def pay(self, amount: int, at: datetime, by: Person | None = None) -> None:
        """Transfer so many tokens."""
        deeds.transfer(self.house.account_id, self.recipient, amount, by=by or self.house.founder, now=at)

    def of_family(self, query: str = "", person: Person | None = None) -> Answer:
        """Ask for the family's statement."""
        path = f"/family/{self.house.id}/sbd-account/transactions"
        return Api(person or self.house.viewer).get(f"{path}{query}")

    def own(self, query: str = "") -> Answer:
        """Ask for the recipient's own."""
        return Api(self.recipient).get(f"/sbd_tokens/transactions{query}")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock."""

    def to(moment_: datetime) -> None:
        set_clock(monkeypatch, moment_)

    return to


def amounts(answer: Answer) -> list[int]:
    assert answer.status == 200, answer.text
    return [each["amount"] for each in answer.json["results"]]


def following(answer: Answer, way: str = "next") -> str:
    address = urlsplit(answer.json[way])
    return f"?{address.query}"


def test_a_page_of_a_familys_statement(now: Callable[[datetime], None]) -> None:
    books = Books(2)
    now(FIRST + 5 * DAY)
    house = books.house

    with nothing_moves():
        answer = books.of_family()

    first, second, issued = answer.json["results"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "results": [first, second, issued],
        "next": None,
        "previous": None,
        "family_id": house.id,
        "account_username": "family_larks",
        "current_balance": 997,
        "as_of": moment(FIRST + 5 * DAY),
    }
    assert first == {
        "transaction_id": first["transaction_id"],
        "type": "transfer",
        "direction": "debit",
        "amount": 2,
        "balance_after": 997,
        "seq": 3,
        "from_user": "family_larks",
        "to_user": books.recipient.username,
        "timestamp": moment(FIRST + DAY),
        "note": "for bread",
        "actor": {"user_id": house.founder.id, "username": house.founder.username},
        "related": None,
    }
    assert (second["seq"], issued["seq"], issued["type"]) == (2, 1, "issuance")


def test_a_page_of_ones_own_statement(now: Callable[[datetime], None]) -> None:
    books = Books(2)
    now(FIRST + 5 * DAY)

    answer = books.own()

    first, second = answer.json["results"]
    assert answer.json == {
        "results": [first, second],
        "next": None,
        "previous": None,
        "username": books.recipient.username,
        "current_balance": 3,
        "as_of": moment(FIRST + 5 * DAY),
    }
    assert (first["direction"], first["amount"], first["balance_after"]) == ("credit", 2, 3)
    assert (first["from_user"], first["to_user"]) == ("family_larks", books.recipient.username)


def test_a_run_of_pages_holds_what_there_was_when_it_began(now: Callable[[datetime], None]) -> None:
    books = Books(5)
    now(FIRST + 5 * DAY)
    first = books.of_family("?limit=2")
    books.pay(40, FIRST + 6 * DAY)
    now(FIRST + 7 * DAY)

    second = books.of_family(following(first))
    third = books.of_family(following(second))
    back = books.of_family(following(second, "previous"))

    assert [amounts(each) for each in (first, second, third, back)] == [[5, 4], [3, 2], [1, 1000], [5, 4]]
    runs = (first, second, third, back)
    assert {each.json["as_of"] for each in runs} == {moment(FIRST + 5 * DAY)}
    assert {each.json["current_balance"] for each in runs} == {985}
    assert parse_qs(urlsplit(first.json["next"]).query)["as_of"] == [moment(FIRST + 5 * DAY)]
    assert (third.json["next"], back.json["previous"]) == (None, None)
    assert amounts(books.of_family("?limit=2")) == [40, 5]


def test_as_of_a_moment_only_what_there_was(now: Callable[[datetime], None]) -> None:
    books = Books(5)
    now(FIRST + 9 * DAY)
    third = FIRST + 2 * DAY

    at = books.of_family(f"?as_of={moment(third)}")
    before = books.of_family(f"?as_of={moment(third - timedelta(milliseconds=1))}")
    in_offset = books.of_family(f"?as_of={quote('2027-03-03T10:00:00+01:00')}")
    of_day = books.of_family("?as_of=2027-03-03")
    to_come = books.of_family("?as_of=2030-01-01")

    assert (amounts(at), at.json["current_balance"]) == ([3, 2, 1, 1000], 994)
    assert (amounts(before), before.json["current_balance"]) == ([2, 1, 1000], 997)
    assert in_offset.json == at.json
    assert amounts(of_day) == amounts(at)
    assert (amounts(to_come), to_come.json["as_of"]) == ([5, 4, 3, 2, 1, 1000], moment(FIRST + 9 * DAY))


def test_a_range_of_days_or_moments(now: Callable[[datetime], None]) -> None:
    books = Books(5)
    now(FIRST + 9 * DAY)

    assert amounts(books.of_family("?from=2027-03-02&to=2027-03-04")) == [4, 3, 2]
    assert amounts(books.of_family("?from=2027-03-04")) == [5, 4]
    assert amounts(books.of_family("?to=2027-03-02")) == [2, 1, 1000]
    assert amounts(books.of_family("?from=2027-03-02T09:00:00Z&to=2027-03-04T09:00:00Z")) == [3, 2]
    assert amounts(books.of_family("?from=2027-03-02T09:00:00.001Z&to=2027-03-04T09:00:00.001Z")) == [4, 3]
    assert amounts(books.own("?from=2027-03-05")) == [5]
    assert amounts(books.of_family("?from=9999-12-31")) == []


def test_one_type_or_one_persons(now: Callable[[datetime], None]) -> None:
    books = Books(2)
    house = books.house
    books.pay(7, FIRST + 3 * DAY, by=house.spender)
    issue(account_of(house.viewer)["_id"], 9)
    deeds.contribute(house.account_id, 9, by=house.viewer, now=FIRST + 4 * DAY)
    now(FIRST + 9 * DAY)

    assert amounts(books.of_family("?type=issuance")) == [1000]
    assert amounts(books.of_family("?type=contribution")) == [9]
    assert amounts(books.of_family("?type=payout")) == []
    assert amounts(books.of_family(f"?user_id={house.spender.id}")) == [7]
    assert amounts(books.of_family(f"?user_id={books.recipient.id}")) == [7, 2, 1]
    assert amounts(books.of_family(f"?user_id={house.viewer.id}&type=transfer")) == []
    assert amounts(books.of_family("?user_id=user_nobody")) == []


@pytest.mark.parametrize("name", ["from", "to", "as_of"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2027-02-29", "2027-3-1", "20270301", "2027-03-01T09:00:00", "2027-W10-1"),
        *("2027-03-01 09:00:00Z", "2027-03-01T25:00:00Z", "0001-01-01T00:00:00%2B05:00", "1772355600"),
    ],
)
def test_what_is_no_day_and_no_moment_is_refused(person: Person, name: str, text: str) -> None:
    answer = Api(person).get(f"/sbd_tokens/transactions?{name}={text}")

    assert answer.problem == (400, "INVALID_DATE_FORMAT")
    assert answer.faults == {(f"query.{name}", "invalid_format")}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?type=gift", {("query.type", "invalid_choice")}),
        ("?from=2027-03-02&to=2027-03-01", {("query.from", "not_allowed")}),
        ("?from=2027-03-01T09:00:00Z&to=2027-03-01T09:00:00Z", {("query.from", "not_allowed")}),
        ("?limit=0", {("query.limit", "too_small")}),
        ("?limit=101", {("query.limit", "too_large")}),
        ("?skip=5", {("query.skip", "use_cursor")}),
        ("?cursor=abc", {("query.cursor", "unavailable")}),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    person: Person, query: str, found: set[tuple[str, str]]
) -> None:
    assert Api(person).get(f"/sbd_tokens/transactions{query}").faults == found


def test_a_cursor_is_good_for_its_list_its_filters_and_its_reader(now: Callable[[datetime], None]) -> None:
    books = Books(3)
    now(FIRST + 9 * DAY)
    (cursor,) = parse_qs(urlsplit(books.of_family("?limit=1").json["next"]).query)["cursor"]
    lost = {("query.cursor", "unavailable")}

    assert books.of_family(f"?limit=1&cursor={cursor}").status == 200
    assert books.of_family(f"?cursor={cursor}&type=transfer").faults == lost
    assert books.of_family(f"?cursor={cursor}&from=2027-03-01").faults == lost
    assert books.of_family(f"?cursor={cursor}", books.house.founder).faults == lost
    assert books.own(f"?cursor={cursor}").faults == lost


def test_strangers_learn_nothing(stranger: Person) -> None:
    books = Books(1)

    for query in ("", "?limit=1", "?as_of=2027-03-03"):
        answer = books.of_family(query, stranger)
        assert (answer.problem, answer.json["details"]) == ((404, "FAMILY_NOT_FOUND"), {})


def test_a_statement_of_nothing(person: Person) -> None:
    found: dict[str, Any] = Api(person).get("/sbd_tokens/transactions").json

    assert (found["results"], found["current_balance"]) == ([], 0)
