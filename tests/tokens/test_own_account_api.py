"""GET /sbd_tokens. Source: HTTP contract, section 8."""

from ops import clock
from tests.api import Api
from tests.factories import Person
from tests.tokens.calls import moment, refusal
from tests.tokens.deeds import House, freeze
from tests.tokens.funds import account_of, issue
from tests.world import TESTS
from tokens.actions import accounts


def test_somebody_new_has_nothing(person: Person) -> None:
    before = moment(clock.now())

    answer = Api(person).get("/sbd_tokens")

    assert answer.status == 200
    assert answer.json == {
        "username": person.username,
        "account_username": person.username,
        "sbd_tokens": 0,
        "is_frozen": False,
        "as_of": answer.json["as_of"],
    }
    assert before <= answer.json["as_of"] <= moment(clock.now())
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_the_callers_own_account_that_is_told_of() -> None:
    house = House(70)
    issue(account_of(house.viewer)["_id"], 5)

    assert Api(house.founder).get("/sbd_tokens").json["sbd_tokens"] == 0
    assert Api(house.viewer).get("/sbd_tokens").json["sbd_tokens"] == 5


def test_a_frozen_account_says_so(person: Person) -> None:
    freeze(account_of(person)["_id"], by=TESTS, now=clock.now(), is_staff=True)

    assert Api(person).get("/sbd_tokens").json["is_frozen"] is True


def test_a_closed_account_is_not_there(person: Person) -> None:
    accounts.close(account_of(person)["_id"], now=clock.now())

    assert refusal(lambda: Api(person).get("/sbd_tokens")) == (404, "ACCOUNT_NOT_FOUND", {})
