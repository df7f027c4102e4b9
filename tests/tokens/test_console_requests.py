"""Requests in the console: what waits and why, what is overdue, and how staff end it."""

from datetime import timedelta

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.console import references
from ops.mongo.collections import collection
from tests.console import LIST, Console, Page
from tests.database import audit
from tests.factories import new_staff
from tests.families.asking import asked, asked_to_buy, decide, review, set_policy, status_of
from tests.families.household import told
from tests.tokens.deeds import House
from tests.tokens.told import forget

TOKENS, PURCHASES = LIST["token requests"], LIST["purchase requests"]


@pytest.fixture
def finance() -> Console:
    return Console(new_staff(Role.FINANCE, "fin"))


@pytest.fixture
def house() -> House:
    return House(20)


def page_of(console: Console, request_id: str) -> Page:
    model = "tokenrequest" if request_id.startswith("req_") else "purchaserequest"
    return console.get(references.page_of(f"tokens.{model}", request_id))


def make_overdue(request_id: str) -> None:
    name = "token_requests" if request_id.startswith("req_") else "purchase_requests"
    past = {"$set": {"expires_at": clock.now() - timedelta(minutes=1)}}
    collection(name).update({"_id": request_id}, past)


def ids_of(page: Page, made: list[str]) -> list[str]:
    assert page.status == 200
    return [each for each in made if references.page_of("tokens.tokenrequest", each) in page.links]


def test_lists_are_filtered_by_state_family_and_what_is_overdue(finance: Console, house: House) -> None:
    other = House()
    made = [asked(house.viewer, house), asked(house.viewer, house), asked(other.viewer, other)]
    review(house.admin, house, made[0], "deny")
    make_overdue(made[1])

    def found(**query: str) -> list[str]:
        return ids_of(finance.get(TOKENS, **query), made)

    assert found() == made
    assert found(status="denied") == made[:1]
    assert found(family=house.id) == made[:2]
    assert found(expires="overdue") == made[1:2]
    assert found(q=made[2]) == made[2:]
    assert finance.get(TOKENS, expires="soon").status == 302


def test_the_page_says_why_a_request_waits(finance: Console, house: House) -> None:
    set_policy(house, auto_approval_threshold=100)
    waiting = page_of(finance, asked(house.viewer, house, 21))
    paid = page_of(finance, asked(house.viewer, house, 20))

    why = "There were 20 tokens on the account, too few for 21."
    assert waiting.field("Not approved by itself") == why
    assert (paid.field("Status"), paid.field("Not approved by itself")) == ("auto_approved", "-")
    assert house.account["balance"] == 0


def test_a_link_is_text_beside_its_host(finance: Console, house: House) -> None:
    link = "https://shop.example/kites/3"

    page = page_of(finance, asked_to_buy(house.viewer, house, link=link))

    assert (page.field("Host"), page.field("Link")) == ("shop.example", link)
    assert not any("shop.example" in each for each in page.links)


@pytest.mark.parametrize("path", [TOKENS, PURCHASES])
@pytest.mark.parametrize(("action", "status"), [("expire", "expired"), ("cancel", "cancelled")])
def test_staff_end_a_request_with_a_reason(
    finance: Console, house: House, path: str, action: str, status: str
) -> None:
    make = asked if path == TOKENS else asked_to_buy
    request_id, kind = make(house.viewer, house), "token" if path == TOKENS else "purchase"
    forget()

    assert finance.confirm(path, action, request_id).status == 302

    assert status_of(request_id) == status
    (entry,) = audit(f"{kind}_request.{status}")
    assert (entry["target"], entry["private"]["reason"]) == (request_id, "as asked by phone")
    assert entry["as_staff"]
    assert bool(told(f"{kind}_request_expired")) == (action == "expire")


def test_what_was_decided_or_is_overdue_is_left_as_it_is(finance: Console, house: House) -> None:
    decided, overdue = asked_to_buy(house.viewer, house), asked_to_buy(house.viewer, house)
    decide(house.admin, house, decided)
    make_overdue(overdue)

    finance.confirm(PURCHASES, "cancel", decided, overdue)
    finance.confirm(PURCHASES, "expire", decided, overdue)

    assert (status_of(decided), status_of(overdue)) == ("approved", "expired")
    assert len(audit("purchase_request.expired")) == 1
    assert audit("purchase_request.cancelled") == []
