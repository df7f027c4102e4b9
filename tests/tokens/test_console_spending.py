"""Why somebody cannot spend, on the page of a person and on that of their family."""

import pytest

from families.actions import spending
from family_site.identity.actions import disabling
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.console import references
from ops.mongo.collections import Document, collection
from tests import commands
from tests.console import Console, Page
from tests.database import documents
from tests.factories import Person, new_family, new_member, new_person, new_staff
from tests.tokens.funds import account_of, issue
from tokens.actions import freezing

STAFF = Actor.system("tests")


@pytest.fixture
def finance() -> Console:
    return Console(new_staff(Role.FINANCE, "fin"))


@pytest.fixture
def larks(person: Person) -> Document:
    """A family with 60 tokens, of which the person is the admin and Cleo a member."""
    family = new_family(person, "Larks")
    new_member(family["_id"], person, new_person("cleo"))
    issue(family["account_id"], 60)
    return family


def cleo() -> Document:
    found = collection("users").find_one({"username": "cleo"})
    assert found is not None
    return found


def page_of(console: Console, model: str, identifier: str, **query: str) -> Page:
    page = console.get(references.page_of(model, identifier), **query)
    assert page.status == 200
    return page


@pytest.mark.usefixtures("larks")
def test_a_persons_page_says_of_each_account_whether_and_why_not(finance: Console, person: Person) -> None:
    before = documents()

    page = page_of(finance, "identity.user", cleo()["_id"])

    no_right = "No: they are a viewer of the account, and may not spend."
    nothing = "No: there are 0 tokens on the account; this is 1."
    rows = page.table("What they may spend")
    assert rows == [
        ["cleo", nothing, "Why?", "0", "manager", "cleo"],
        ["family_larks", no_right, "Why?", "0", "viewer", "Larks"],
    ]
    assert "may spend from 0 of 2 accounts" in page.text
    assert documents() == before
    admins = page_of(finance, "identity.user", person.id, amount="60").table("What they may spend")
    assert admins[1][1:5] == ["Yes, they may spend it now.", "Why?", "60", "manager"]


def test_the_reasons_are_one_click_away(finance: Console, larks: Document) -> None:
    user = cleo()["_id"]
    page = page_of(finance, "identity.user", user, amount="5")
    account = references.page_of("tokens.sbdaccount", larks["account_id"])

    (why,) = [each for each in page.links if each.startswith(f"{account}?")]
    asked = finance.get(why.partition("#")[0].partition("?")[0], user=user, amount="5")

    assert why == f"{account}?user={user}&amount=5#why"
    assert asked.table("cleo and 5 tokens of family_larks")[1][1] == "no"


def test_a_familys_page_says_it_of_each_member(finance: Console, larks: Document, person: Person) -> None:
    page = page_of(finance, "families.family", larks["_id"], amount="61")

    rows = page.table("Who may spend")
    assert [row[3:] for row in rows] == [["60", "manager"], ["0", "viewer"]]
    assert [row[0] for row in rows] == [person.username, "cleo"]
    assert rows[0][1] == "No: there are 60 tokens on the account; this is 61."
    assert "account active with 60 tokens, 0 of 2 may spend 61" in page.text
    assert "1 of 2 may spend" in page_of(finance, "families.family", larks["_id"]).text


@pytest.mark.parametrize("amount", ["0", "many", "", "9" * 30])
def test_an_amount_that_is_none_is_said_beside_the_field(
    finance: Console, larks: Document, amount: str
) -> None:
    page = page_of(finance, "families.family", larks["_id"], amount=amount)

    assert 'class="errorlist"' in page.html
    assert [row[0] for row in page.table("Who may spend")][1] == "cleo"


def test_a_freeze_says_who_when_and_why_with_a_link(
    finance: Console, larks: Document, person: Person
) -> None:
    spending.freeze(larks["_id"], reason="a <b>lost</b> card", actor=person.actor, now=clock.now())

    shown = page_of(finance, "identity.user", person.id)
    account = page_of(finance, "tokens.sbdaccount", larks["account_id"])

    verdict = shown.table("What they may spend")[1][1]
    assert verdict.startswith(f"No: the account is frozen by {person.username} since ")
    assert verdict.endswith(": a <b>lost</b> card")
    assert "<b>lost</b>" not in shown.html
    frozen = account.field("Freeze")
    assert frozen.startswith(f"by {person.username} since ")
    assert references.page_of("identity.user", person.id) in account.links
    assert "Frozen · 60 tokens" in account.text


def test_a_freeze_by_staff_is_named_as_such(finance: Console, person: Person) -> None:
    staff = new_staff(Role.FINANCE, "froster")
    freezing.freeze_by_staff(account_of(person)["_id"], actor=staff.actor, now=clock.now(), reason="asked to")

    page = page_of(finance, "tokens.sbdaccount", account_of(person)["_id"], user=person.id, amount="1")

    assert page.field("Freeze").startswith("by froster of the staff since ")
    assert "by None" not in page.text


def test_who_is_disabled_spends_nothing_and_the_first_line_says_so(
    finance: Console, larks: Document, person: Person
) -> None:
    disabling.disable(person.id, actor=STAFF, now=clock.now(), reason="for a test")

    page = page_of(finance, "identity.user", person.id)

    assert "Disabled: cannot sign in, and spends nothing" in page.text
    assert {row[1] for row in page.table("What they may spend")} == {
        "No: they hold no part of the account, or are disabled."
    }
    assert larks


def test_who_may_not_see_accounts_is_told_nothing_of_them(larks: Document) -> None:
    support = Console(new_staff(Role.SUPPORT))

    pages = [
        page_of(support, "identity.user", cleo()["_id"], amount="5"),
        page_of(support, "families.family", larks["_id"], amount="5"),
    ]

    assert [each for each in pages if "may spend" in each.text] == []


def test_the_tables_cost_one_look_for_many_accounts_as_for_few(finance: Console, larks: Document) -> None:
    def looks() -> list[str]:
        with commands.recorded() as sent:
            page_of(finance, "identity.user", cleo()["_id"])
        return sorted(commands.steps(sent))

    few = looks()
    for number in range(6):
        founder = new_person(f"founder-{number}")
        new_member(new_family(founder, f"Family {number}")["_id"], founder, _person("cleo"))

    assert looks() == few
    assert larks


def _person(username: str) -> Person:
    found = cleo()
    return Person(found["_id"], username, found["email"], "", "")
