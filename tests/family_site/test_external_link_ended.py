"""Ending the link of an account with a sign-in at another provider."""

import pytest

from tests.database import audit, documents
from tests.factories import Person
from tests.family_site.travelling import confirmed, linked, there_and_back
from tests.identity_provider import provider
from tests.mails import mails
from tests.visitor import Shown, Visitor

PAGE, END = "/sign-in/external", "End the link"


@pytest.fixture
def person() -> Person:
    """Somebody whose address is confirmed."""
    return confirmed()


def buttons(page: Shown) -> list[str]:
    return [form.button for form in page.forms]


def test_who_ends_the_link_is_told_and_stays_signed_in(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        there_and_back(visitor)
        page = visitor.open(visitor.open("/sign-in").links["Your link to Nest"])
        assert buttons(page) == [END]

        page = visitor.press(page, END)

        assert (page.heading, buttons(page)) == ("Sign in with Nest", ["Sign in with Nest"])
    assert (linked(person), visitor.is_signed_in) == ([], True)
    (entry,) = audit("identity.unlinked")
    assert (entry["actor"], entry["target"], entry["before"]) == (
        person.id,
        person.id,
        {"issuer": nest.issuer},
    )
    assert mails("security")[-1].subject == "Another sign-in no longer opens your account"


def test_a_link_ends_once(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email):
        there_and_back(visitor)
        form = visitor.open(PAGE).form(END)
        answers = [visitor.send(form.action, form.fields) for _ in range(2)]

    assert [answer.goes_to for answer in answers] == [PAGE, PAGE]
    assert len(audit("identity.unlinked")) == 1


def test_then_another_sign_in_at_the_provider_can_be_linked(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        there_and_back(visitor)
        nest.person["sub"] = "bird-8"
        assert there_and_back(Visitor()).status == 403

        visitor.press(visitor.open(PAGE), END)
        assert there_and_back(Visitor()).status == 303

    assert linked(person) == [{"issuer": nest.issuer, "subject": "bird-8"}]


def test_nobody_ends_the_link_of_somebody_else(person: Person, stranger: Person) -> None:
    with provider(person.email):
        there_and_back(Visitor())
        for visitor in (Visitor(), Visitor(stranger)):
            page = visitor.open(PAGE)
            assert END not in buttons(page)
            before = documents()
            assert visitor.send(f"{PAGE}/end", page.form("Sign in with Nest").fields).goes_to == PAGE
            assert visitor.send(f"{PAGE}/end", {}).status == 403
            assert visitor.open(f"{PAGE}/end").status == 405
            assert documents() == before

    assert len(linked(person)) == 1
